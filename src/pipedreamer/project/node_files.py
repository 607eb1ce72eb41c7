"""The files that a workflow names: is each there, inside the folder, and what a node must be?"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project.listing import left_out, list_files
from pipedreamer.project.project import LANGUAGES
from pipedreamer.project.python_entry import check_python
from pipedreamer.project.reading import UnreadableError, read_file, real_path
from pipedreamer.project.typescript_entry import check_typescript
from pipedreamer.spec.nearest import Names


@dataclass(frozen=True)
class Folder:
    """A workflow's folder: `shown` as a person named it, `root` with its links resolved."""

    shown: Path
    root: Path

    def named(self, file: str) -> str:
        """How a file of the folder is called in messages, so that an editor opens it from where the person is."""
        return str(self.shown / file)

    def resolve(self, path: str) -> Path:
        """The file of a path in workflow.yaml; UnreadableError where it is not there or not inside the folder."""
        real = real_path(self.root / path)
        if not real.is_relative_to(self.root):
            raise UnreadableError("leads out of the workflow's folder")
        if any(left_out(part) for part in real.relative_to(self.root).parts):
            raise UnreadableError("is not part of the workflow's code, nor is anything that begins with a dot")
        return real

    @cached_property
    def code(self) -> tuple[str, ...]:
        """The names of the folder's files; none where the folder cannot be listed."""
        try:
            return list_files(self.root, self.shown)
        except ProjectError:
            return ()

    def nearest(self, path: str, example: str = "nodes/fetch.py") -> str:
        """What was probably meant by a path that does not exist: one alike, or the same name elsewhere."""
        endings = PurePosixPath(path).suffix
        candidates = [name for name in self.code if name.endswith(endings)]
        same = [name for name in self.code if PurePosixPath(name).stem == PurePosixPath(path).stem]
        near = Names(candidates).nearest(path) or (same[0] if same else None)
        return f"did you mean {near}?" if near else f"make the file, or name another, for example {example}"


def check_node(folder: Folder, path: str, at: Callable[[str, str], Problem]) -> tuple[Path | None, Problem | None]:
    """A node's file and what is wrong with it; `at` makes a problem at the place in workflow.yaml that names it."""
    try:
        file = folder.resolve(path)
        source = read_file(file)
    except UnreadableError as error:
        missing = str(error).startswith("does not exist")
        return None, at(f"the node's file {path} {error}", folder.nearest(path) if missing else "")
    shown = folder.named(path)
    if LANGUAGES.get(PurePosixPath(path).suffix) == "python":
        return file, check_python(source, shown)
    try:
        return file, check_typescript(source.decode("utf-8-sig"), shown)
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        return file, Problem(shown, line, 1, "this file is not UTF-8 text", "save it as UTF-8")
