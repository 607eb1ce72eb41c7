"""What was seen -> the smallest block that would have done, with a reason for each of its lines."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pipedreamer.runtime.observing import memory
from pipedreamer.runtime.observing.opening import Opener, is_scratch
from pipedreamer.runtime.observing.paths import is_too_wide, smallest, there
from pipedreamer.runtime.observing.sightings import Sighting
from pipedreamer.runtime.observing.variables import looks_secret, may_be_granted
from pipedreamer.spec import Destination, Permissions
from pipedreamer.spec.destinations import destination
from pipedreamer.spec.granted_paths import SCRATCH, covers

Line = Literal["net", "read", "write", "env", "secrets", "inject"]

UNSEEN_LIBRARY: Final = "a library"
"""Stands for whoever opened what an error names."""


@dataclass(slots=True)
class Reason:
    """Why an entry stands in the block: which nodes asked, where first, and what is worth knowing besides."""

    nodes: list[str] = field(default_factory=list)
    place: str = ""
    how: str = ""

    def add(self, node: str, place: str, how: str) -> None:
        if node not in self.nodes:
            self.nodes.append(node)
        self.place = self.place or place
        self.how = self.how or how


class Findings:
    """Takes sightings try by try. `notes` are for people: what was asked for and stands in no block."""

    def __init__(self, declared: Permissions, opener: Opener, environment: Mapping[str, str]) -> None:
        self._declared = declared
        self._opener = opener
        self._environment = environment
        self._before = there(declared.write)
        self._seen: dict[str, dict[str, Reason]] = {}
        self._looks: dict[str, Sighting] = {}
        self._of_libraries: dict[tuple[str, str], str] = {}
        self._notes: dict[str, None] = {}

    def take(self, sightings: Iterable[Sighting], *, failed: bool) -> None:
        """What was seen in one try. What a library asked for counts where the node `failed` without."""
        for one in sightings:
            match one.kind:
                case "net":
                    self._host(one)
                case "read" | "look":
                    self._read(one, failed)
                case "write" | "change":
                    self._write(one)
                case "env":
                    self._variable(one, failed)
                case "secret" if one.found:
                    self._add("secret", one)
                case "fetched-with":
                    self._add("fetched-with", one)
                case "program":
                    self._note(one, f"wanted to start {one.name}, and no node starts a program")

    @property
    def reads(self) -> tuple[str, ...]:
        """The paths to be read, as few as they can be."""
        written = self._entries("write")
        asked = [*self._entries("read"), *self._folders_looked_for()]
        return smallest(
            (path for path in asked if not any(covers(one, path) for one in written)), self._opener.is_whole
        )

    @property
    def new_writes(self) -> tuple[str, ...]:
        """Paths to be written to that were refused."""
        return tuple(path for path in self._writes if not _covered(path, self._declared.write))

    def block(self, peaks: Mapping[str, int]) -> Permissions:
        """The smallest permissions for what was seen; `peaks` is the memory that each node took."""
        read = self._entries("secret")
        fetched = self._seen.get("fetched-with", {})
        shown = {*read, *(name for name, reason in fetched.items() if reason.how)}
        return Permissions(
            net=tuple(
                sorted(one for text in self._entries("net") if isinstance(one := destination(text), Destination))
            ),
            read=self.reads,
            write=self._writes,
            env=tuple(sorted(self._entries("env"))),
            memory=memory.rounded(memory.together(dict(peaks))),
            secrets=tuple(sorted(shown)),
            inject=tuple(sorted(fetched.keys() - shown)),
            declared=True,
        )

    def reason(self, line: Line, entry: str) -> Reason:
        """Why this entry of the block is there; of a folder, why all that it covers is."""
        if line in ("secrets", "inject"):
            known = [self._seen.get(kind, {}).get(entry) for kind in ("secret", "fetched-with")]
            found = [reason for reason in known if reason]
        elif line in ("read", "write"):
            found = [reason for path, reason in self._seen.get(line, {}).items() if covers(entry, path)]
            found += [Reason([one.node], one.place) for path, one in self._looks.items() if covers(entry, path)]
        else:
            found = [self._seen[line][entry]]
        whole = Reason(how=self._warning(line, entry))
        for reason in found:
            for node in reason.nodes:
                whole.add(node, reason.place, reason.how)
        return whole

    def notes(self) -> Iterator[str]:
        """A sentence each."""
        yield from self._notes
        block = (*self.reads, *self._entries("env"))
        for (what, name), library in self._of_libraries.items():
            if not _covered(name, block):
                yield f"{library} asked for {what}{name} and did without: add it if it matters"

    def _host(self, one: Sighting) -> None:
        found = destination(one.name)
        if isinstance(found, Destination):
            self._add("net", one)
        else:
            self._note(one, f"asked for {one.name}, which {found.message}")

    def _read(self, one: Sighting, failed: bool) -> None:
        path = one.name
        is_there = os.path.lexists(path)
        is_own = is_scratch(path) and one.found and not self._opener.is_open(path)
        if is_own or self._opener.is_everyones(path, one.node):
            return
        if not is_there and not one.found:
            return
        if reason := self._opener.refusal(path):
            if not one.library and not (one.kind == "look" and os.path.isdir(path)):  # noqa: PTH112
                self._note(one, f"asked for {path}, which {reason}")
        elif one.kind == "look" and os.path.isdir(path):  # noqa: PTH112
            if not one.found and not one.library:
                self._looks.setdefault(path, one)
        elif one.library and not failed:
            self._of_libraries[("", path)] = one.library
        else:
            self._add("read", one)

    def _write(self, one: Sighting) -> None:
        path = Path(one.name)
        is_own = is_scratch(one.name) and one.found and not _covered(one.name, self._declared.write)
        if is_own or self._opener.is_everyones(one.name, one.node):
            return
        if one.kind == "change" and not path.is_dir():
            path = path.parent
        while not self._was_there(path):
            path = path.parent
        if str(path) == SCRATCH:
            return
        if reason := self._opener.refusal(str(path), writes=True):
            self._note(one, f"wanted to write {one.name}, but {path} {reason}")
        else:
            self._add("write", one, str(path))

    def _was_there(self, path: Path) -> bool:
        """Whether it was before any node ran: what they made themselves the next run has to make again."""
        if self._before is None or not _covered(str(path), self._declared.write):
            return path.exists()
        return os.path.realpath(path) in self._before

    def _variable(self, one: Sighting, failed: bool) -> None:
        if not may_be_granted(one.name):
            return
        if one.name not in self._environment:
            if not one.library:
                self._note(one, f"asked for the variable {one.name}, which is not set here")
        elif one.library and not failed:
            self._of_libraries[("the variable ", one.name)] = one.library
        else:
            self._add("env", one)

    def _folders_looked_for(self) -> list[str]:
        """Folders of which it was only asked whether they are there, and that are not just on the way to something."""
        known = [*self._entries("read"), *self._entries("write"), str(self._opener.root)]
        return [
            path
            for path in self._looks
            if not is_too_wide(path) and not any(covers(path, one) for one in known if one != path)
        ]

    def _warning(self, line: Line, entry: str) -> str:
        if line == "env" and looks_secret(entry) and entry not in self._declared.env:
            return "looks like a secret, so it was not given while observing"
        if line == "write" and entry in self.new_writes:
            return "was refused while observing"
        if line == "read" and os.path.lexists(entry) and not self._opener.is_open(entry):
            return "was not opened while observing"
        if line == "read" and os.path.isdir(entry) and not self._opener.is_whole(entry):  # noqa: PTH112
            return "hidden or private files in it were not opened while observing, but this opens them"
        return ""

    @property
    def _writes(self) -> tuple[str, ...]:
        return smallest(self._entries("write"), lambda folder: self._opener.is_whole(folder, writes=True))

    def _entries(self, kind: str) -> list[str]:
        return list(self._seen.get(kind, {}))

    def _add(self, kind: str, one: Sighting, entry: str = "") -> None:
        reason = self._seen.setdefault(kind, {}).setdefault(entry or one.name, Reason())
        reason.add(one.node, one.place, one.how or (f"by {one.library}" if one.library else ""))

    def _note(self, one: Sighting, what: str) -> None:
        place = f" ({one.place})" if one.place else ""
        self._notes[f"{one.node}{place} {what}"] = None


def _covered(path: str, grants: Iterable[str]) -> bool:
    return any(covers(grant, path) for grant in grants)
