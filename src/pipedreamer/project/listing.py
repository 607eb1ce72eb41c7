"""Which files are a workflow's code, and their digest."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project.project import Project
from pipedreamer.project.reading import UnreadableError, real_path, reason

_MOST_FILES = 10_000
_IGNORED_NAMES = frozenset({"__pycache__", "node_modules"})
_IGNORED_ENDS = (".pyc", ".pyo", ".egg-info", "~")


def files(project: Project) -> tuple[str, ...]:
    """Every file of the folder that belongs to its code: relative names with `/`, sorted.

    Left out are names that begin with a dot, `__pycache__`, `node_modules`, compiled Python, editors' backups and
    virtual environments. A link that stays in the folder counts as the file that it leads to. Raises ProjectError for
    links that lead out of it, nowhere, or to something left out, and for what is no regular file.
    """
    return list_files(project.root, project.root)


def digest(project: Project) -> str:
    """The SHA-256 (hex) over names and contents of `files(project)`; times, owners and modes do not count."""
    whole = hashlib.sha256()
    for name in files(project):
        try:
            with (project.root / name).open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").digest()
        except OSError as error:
            raise ProjectError((Problem(str(project.root / name), 0, 0, f"this file {reason(error)}"),)) from error
        encoded = os.fsencode(name)
        whole.update(len(encoded).to_bytes(4) + encoded + content)
    return whole.hexdigest()


def left_out(name: str) -> bool:
    """Whether a file or folder of this name is never part of a workflow's code."""
    return name.startswith(".") or name in _IGNORED_NAMES or name.endswith(_IGNORED_ENDS)


def list_files(root: Path, shown: Path) -> tuple[str, ...]:
    """The same as `files` for a folder whose links are resolved; problems call it `shown`."""
    walk = _Walk(root, shown)
    found = sorted(walk.names())
    if walk.problems:
        raise ProjectError(tuple(sorted(walk.problems)))
    return tuple(found)


@dataclass
class _Walk:
    root: Path
    shown: Path
    problems: list[Problem] = field(default_factory=list)

    def names(self) -> Iterator[str]:
        """Walk with a list of folders still to read; `inside` are the real folders around one, to see a loop."""
        count = 0
        waiting: list[tuple[str, tuple[Path, ...]]] = [("", (self.root,))]
        while waiting:
            prefix, inside = waiting.pop()
            for entry in self._entries(prefix):
                count += 1
                if count > _MOST_FILES:
                    message = f"this folder has more than {_MOST_FILES:,} files"
                    self._report("", message, "is it the right one? a workflow's folder holds its code alone")
                    return
                name = f"{prefix}{entry.name}"
                real = self._real(name) if entry.is_symlink() else inside[-1] / entry.name
                if real is None:
                    continue
                if real in inside:
                    self._report(name, "this link leads to a folder around it", "remove it")
                elif real.is_dir():
                    if not (real / "pyvenv.cfg").is_file():
                        waiting.append((f"{name}/", (*inside, real)))
                elif real.is_file():
                    yield name
                else:
                    self._report(name, "this is neither a file nor a folder", "remove it or give it a dot-name")

    def _entries(self, prefix: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(self.root / prefix) as entries:
                return [entry for entry in entries if not left_out(entry.name)]
        except OSError as error:
            self._report(prefix, f"this folder {reason(error)}")
            return []

    def _real(self, name: str) -> Path | None:
        try:
            real = real_path(self.root / name)
        except UnreadableError as error:
            self._report(name, f"what this link leads to {error}", "mend or remove the link")
            return None
        if not real.is_relative_to(self.root):
            self._report(name, "this link leads out of the workflow's folder", "put a copy of the file in its place")
            return None
        if any(left_out(part) for part in real.relative_to(self.root).parts):
            self._report(name, "this link leads to a file that is left out of the workflow's code", "remove the link")
            return None
        return real

    def _report(self, name: str, message: str, suggestion: str = "") -> None:
        self.problems.append(Problem(str(self.shown / name), 0, 0, message, suggestion))
