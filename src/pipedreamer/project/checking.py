"""A folder -> a Project, or every problem of workflow.yaml and of the files around it at once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pipedreamer.dag import compile_plan
from pipedreamer.errors import Problem, ProjectError, SpecError
from pipedreamer.project.grants import check_grants
from pipedreamer.project.input_schema import Schema, read_schema
from pipedreamer.project.listing import list_files
from pipedreamer.project.node_files import Folder, check_node
from pipedreamer.project.oddities import oddities
from pipedreamer.project.project import Project
from pipedreamer.project.reading import UnreadableError, read_file, real_path
from pipedreamer.spec import Reading, read, read_value

SPEC_FILE = "workflow.yaml"


def open_project(folder: Path) -> Project:
    """Read and check a workflow's folder; runs no node's code.

    Raises SpecError where workflow.yaml has errors and ProjectError where only the folder has, each with all problems
    of both, warnings included. Where workflow.yaml is too broken to tell its nodes, its problems come alone.
    """
    looked = _look(folder)
    workflow = looked.reading.workflow
    if workflow is None:
        raise SpecError(looked.problems)
    if any(problem.severity == "error" for problem in looked.problems):
        raise ProjectError(looked.problems)
    return Project(
        root=looked.folder.root,
        workflow=workflow,
        plan=compile_plan(workflow),
        node_files=looked.node_files,
        input_schema=looked.schema,
        warnings=looked.problems,
    )


def check(folder: Path) -> tuple[Problem, ...]:
    """Every problem and warning of a workflow's folder by file and line.

    Beyond what `open_project` checks: its third-party packages, what its TypeScript nodes import, and every file of its
    code.
    """
    from pipedreamer.project.modules import check_modules  # not needed to open a project
    from pipedreamer.project.packages import check_packages

    try:
        looked = _look(folder)
    except ProjectError as error:
        return error.problems
    scripts = {node_id: file for node_id, file in looked.node_files.items() if file.suffix == ".ts"}
    problems = {*looked.problems, *check_packages(folder), *check_modules(folder, scripts)}
    try:
        list_files(looked.folder.root, folder)
    except ProjectError as error:
        problems.update(error.problems)
    return tuple(sorted(problems))


@dataclass
class _Look:
    """What was found in a folder so far."""

    folder: Folder
    content: bytes
    reading: Reading
    node_files: dict[str, Path] = field(default_factory=dict)
    schema: Schema | None = None
    problems: tuple[Problem, ...] = ()

    def at(self, path: tuple[str | int, ...], message: str, suggestion: str = "") -> Problem:
        return Problem(self.folder.named(SPEC_FILE), *self.reading.locate(*path), message, suggestion)

    def find(self) -> Iterator[Problem]:
        yield from self.reading.problems
        node_paths, schema = self._written()
        wrong = {(problem.line, problem.column) for problem in self.reading.problems if problem.severity == "error"}
        for node_id, path in node_paths.items():
            place = ("nodes", node_id, "path")
            if self.reading.locate(*place) in wrong:
                continue
            file, problem = check_node(self.folder, path, partial(self.at, place))
            if problem:
                yield problem
            if file:
                self.node_files[node_id] = file
        if isinstance(schema, str) and self.reading.locate("input") not in wrong:
            yield from self._read_schema(schema)
        elif not isinstance(schema, str):
            self.schema = schema
        yield from check_grants(self.folder.root, self.reading, self.at)
        yield from oddities(self.folder, set(node_paths.values()))

    def _written(self) -> tuple[dict[str, str], Schema | str | None]:
        """The paths of the nodes and the input schema, also from a workflow.yaml that has errors elsewhere."""
        workflow = self.reading.workflow
        if workflow is not None:
            return {node.id: node.path for node in workflow.nodes.values()}, workflow.input
        value, _ = read_value(self.content, SPEC_FILE)
        nodes = value.get("nodes") if isinstance(value, dict) else None
        paths = {
            node_id: node["path"]
            for node_id, node in (nodes.items() if isinstance(nodes, dict) else ())
            if isinstance(node, dict) and isinstance(node.get("path"), str)
        }
        schema = value.get("input") if isinstance(value, dict) else None
        return paths, schema if isinstance(schema, str) else None

    def _read_schema(self, path: str) -> Iterator[Problem]:
        try:
            file = self.folder.resolve(path)
        except UnreadableError as error:
            yield self.at(
                ("input",), f"the input schema {path} {error}", self.folder.nearest(path, "input.schema.json")
            )
            return
        self.schema, problems = read_schema(file, self.folder.named(path))
        yield from problems


def _look(given: Path) -> _Look:
    folder = _folder(given)
    try:
        content = read_file(folder.root / SPEC_FILE)
    except UnreadableError as error:
        shown = folder.named(SPEC_FILE)
        missing = not (folder.root / SPEC_FILE).is_symlink() and not (folder.root / SPEC_FILE).exists()
        remedy = "`pipedreamer init NAME` makes a new workflow" if missing else ""
        near = next((name for name in ("workflow.yml", "workflow.json") if (folder.root / name).is_file()), None)
        raise _alone(
            shown, f"this file {error}", f"rename {near} to {SPEC_FILE}" if missing and near else remedy
        ) from error
    looked = _Look(folder, content, read(content, folder.named(SPEC_FILE)))
    looked.problems = tuple(sorted(set(looked.find())))
    return looked


def _folder(given: Path) -> Folder:
    try:
        root = real_path(given)
    except UnreadableError as error:
        raise _alone(str(given), f"this folder {error}", "`pipedreamer init NAME` makes a new workflow") from error
    if not root.is_dir():
        raise _alone(str(given), "this is not a folder", f"name the folder that holds {SPEC_FILE}")
    return Folder(given, root)


def _alone(file: str, message: str, suggestion: str) -> ProjectError:
    return ProjectError((Problem(file, 0, 0, message, suggestion),))
