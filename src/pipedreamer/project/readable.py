"""What of a workflow's folder its nodes may read: its code, and nothing that is left out of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project.listing import left_out
from pipedreamer.project.reading import reason

_MOST_ENTRIES = 20_000

Closed = Callable[["os.DirEntry[str]"], bool]


@dataclass(slots=True)
class Readable:
    """Absolute paths: what is readable `whole`, folders that are `listed` and no more, and `links` in these."""

    whole: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def readable(root: Path, is_closed: "Closed | None" = None) -> Readable:
    """A folder counts as whole where nothing below it is left out. Raises ProjectError where it cannot be read.

    `is_closed` says what is left out, else it is what is no part of a workflow's code.
    """
    found = Readable()
    walk = _Walk(root, is_closed or _closed)
    if walk.sort(str(root), found):
        return Readable(whole=[str(root)])
    return found


@dataclass(slots=True)
class _Walk:
    root: Path
    is_closed: "Closed"
    _seen: int = 0

    def sort(self, folder: str, into: Readable) -> bool:
        """Whether all below is readable; if not, its parts are added one by one."""
        mine = Readable(listed=[folder])
        is_whole = True
        for entry in self._entries(folder):
            if self.is_closed(entry):
                is_whole = False
            elif entry.is_symlink():
                mine.links.append(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                below = Readable()
                if self.sort(entry.path, below):
                    mine.whole.append(entry.path)
                else:
                    is_whole = False
                    _add(mine, below)
            else:
                mine.whole.append(entry.path)
        if not is_whole:
            _add(into, mine)
        return is_whole

    def _entries(self, folder: str) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError as error:
            raise ProjectError((Problem(folder, 0, 0, f"this folder {reason(error)}"),)) from error
        self._seen += len(found)
        if self._seen > _MOST_ENTRIES:
            message = f"this folder has more than {_MOST_ENTRIES:,} files"
            hint = "is it the right one? a workflow's folder holds its code alone"
            raise ProjectError((Problem(str(self.root), 0, 0, message, hint),))
        return found


def is_dotted(entry: "os.DirEntry[str]") -> bool:
    """Whether nodes never see this; names with two dots are how Kubernetes keeps the files of a mount."""
    return entry.name.startswith(".") and not entry.name.startswith("..")


def _closed(entry: "os.DirEntry[str]") -> bool:
    """Left out; names with two dots are how Kubernetes keeps the files of a mounted ConfigMap."""
    if entry.name.startswith(".."):
        return False
    return left_out(entry.name) or (entry.is_dir() and Path(entry.path, "pyvenv.cfg").is_file())


def _add(into: Readable, more: Readable) -> None:
    into.whole += more.whole
    into.listed += more.listed
    into.links += more.links
