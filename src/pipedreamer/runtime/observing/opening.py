"""Which paths outside of the workflow's folder are its nodes' to read while they are watched, and how they are opened.

Nothing is open at the beginning: what a node asked for in vain is opened for its next try, if a person could grant it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from pipedreamer.errors import ProjectError
from pipedreamer.project.grants import followed, refusal
from pipedreamer.project.readable import Readable, readable
from pipedreamer.runtime.languages import watched
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.spec.granted_paths import SCRATCH, covers

_SHARED: Final = 0o004


@dataclass(slots=True)
class Opener:
    """For the workflow in the folder `root`; `everyones` are other paths that the worker of a node reads anyway.

    `open_before` are paths that are open from the beginning, `opened` those that are by now.
    """

    root: Path
    everyones: Mapping[str, tuple[str, ...]]
    open_before: tuple[str, ...] = ()
    opened: dict[str, Readable] = field(default_factory=dict)

    def is_everyones(self, path: str, node: str) -> bool:
        """Whether this node's worker may read it anyway."""
        spellings = (path, os.path.realpath(path))
        mine = (str(self.root), *self.everyones[node])
        return any(covers(one, spelled) for one in mine for spelled in spellings)

    def refusal(self, path: str, *, writes: bool = False) -> str:
        """Why nobody could grant it; "" where one can."""
        fault = refusal(self.root, path, writes=writes)
        return fault.message if fault else ""

    def is_whole(self, folder: str, *, writes: bool = False) -> bool:
        """Whether a folder can be opened with everything below it: nothing hidden is there, and nothing private."""
        found = None if self.refusal(folder, writes=writes) else self._readable(folder)
        return found is not None and found.whole == [os.path.realpath(folder)]

    def open(self, path: str) -> bool:
        """Open it for the tries that come; false where it stays closed, or is open."""
        if self.is_open(path) or not (found := self._readable(path)):
            return False
        self.opened[path] = found
        return True

    def is_open(self, path: str) -> bool:
        """Whether it is open by now."""
        return any(covers(one, path) for one in (*self.open_before, *self.opened))

    def policy(self, policy: Policy) -> Policy:
        """The policy with what is open by now, for a worker that tells what it is asked for."""
        found = self.opened.values()
        opened = msgspec.structs.replace(
            policy,
            whole=(*policy.whole, *(path for one in found for path in one.whole)),
            listed=(*policy.listed, *(path for one in found for path in one.listed)),
            links=(*policy.links, *(path for one in found for path in one.links)),
        )
        return watched(opened, (*self.opened, *(path for one in found for path in (*one.whole, *one.listed))))

    def _readable(self, path: str) -> Readable | None:
        """Its parts without what is hidden or private; None where nothing is left, or it is too large to look."""
        real, links = followed(path)
        if not os.path.exists(real) or self.refusal(real):  # noqa: PTH110
            return None
        if not os.path.isdir(real):  # noqa: PTH112
            return Readable([real], links=list(links)) if _is_shared(os.stat(real)) else None  # noqa: PTH116
        try:
            found = readable(Path(real), _is_closed)
        except ProjectError:
            return None
        return Readable(found.whole, found.listed, [*found.links, *links])


def is_scratch(path: str) -> bool:
    """Whether it is in the folder that nodes have for themselves, or has the name of one."""
    return covers(SCRATCH, path)


def _is_closed(entry: "os.DirEntry[str]") -> bool:
    is_hidden = entry.name.startswith(".") and not entry.name.startswith("..")
    return is_hidden or not _is_shared(entry.stat(follow_symlinks=False))


def _is_shared(status: os.stat_result) -> bool:
    """The kernel keeps a person's files from others, but not from root: then only what is everybody's is opened."""
    return os.geteuid() != 0 or bool(status.st_mode & _SHARED)
