"""Opens a workflow folder for tests: a node that is broken does not hide the tests of the others."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from pipedreamer.dag import compile_plan
from pipedreamer.errors import NodeLoadError, Problem, ProjectError, UsageError
from pipedreamer.project import Project, open_project
from pipedreamer.spec import Reading, read
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.wording import shown

SPEC_FILE = "workflow.yaml"


@dataclass(frozen=True, slots=True)
class Subject:
    """A workflow to be tested; `broken` says of nodes whose file is not right why."""

    folder: Path
    project: Project
    broken: dict[str, str] = field(default_factory=dict)
    error: ProjectError | None = None

    @property
    def node_ids(self) -> tuple[str, ...]:
        return tuple(self.project.workflow.nodes)

    def check_node(self, node_id: str) -> None:
        """Raises UsageError where there is no such node and NodeLoadError where its file is not right."""
        if node_id not in self.project.workflow.nodes:
            raise UsageError(unknown_node(node_id, self))
        if node_id in self.broken:
            raise NodeLoadError(self.broken[node_id])

    def check_all(self) -> None:
        """Raises ProjectError where any node's file is not right."""
        if self.error is not None:
            raise self.error


def open_subject(folder: Path) -> Subject:
    """Raises SpecError where workflow.yaml is wrong, ProjectError where something other than a node's file is."""
    try:
        return Subject(folder, open_project(folder))
    except ProjectError as error:
        return _partly(folder, error)


def unknown_node(node_id: str, subject: Subject) -> str:
    """What to say of a node that is not there."""
    near = Names(subject.node_ids).hint(node_id)
    remedy = near or f"it has {', '.join(sorted(subject.node_ids)[:10])}"
    return f"there is no node {shown(node_id)} in {subject.project.workflow.name} ({remedy})"


def _partly(folder: Path, error: ProjectError) -> Subject:
    spec = folder / SPEC_FILE
    if not spec.is_file():
        raise error
    reading = read(spec.read_bytes(), str(spec))
    workflow = reading.workflow
    if workflow is None:
        raise error
    broken: dict[str, list[str]] = {}
    for problem in error.problems:
        if problem.severity == "warning":
            continue
        owners = _owners(problem, folder, reading)
        if not owners:
            raise error
        for node_id in owners:
            broken.setdefault(node_id, []).append(str(problem))
    root = Path(os.path.realpath(folder))
    files = {node.id: Path(os.path.realpath(root / node.path)) for node in workflow.nodes.values()}
    schema = workflow.input if not isinstance(workflow.input, str) else None
    project = Project(root, workflow, compile_plan(workflow), files, schema, error.problems)
    return Subject(folder, project, {node_id: "; ".join(texts) for node_id, texts in broken.items()}, error)


def _owners(problem: Problem, folder: Path, reading: Reading) -> list[str]:
    """The nodes whose file a problem is about: it lies in that file, or where workflow.yaml names it."""
    place = (str(folder / SPEC_FILE), problem.line, problem.column)
    nodes = reading.workflow.nodes if reading.workflow else {}
    return [
        node.id
        for node in nodes.values()
        if problem.file == str(folder / node.path)
        or (problem.file, problem.line, problem.column) == (place[0], *reading.locate("nodes", node.id, "path"))
    ]
