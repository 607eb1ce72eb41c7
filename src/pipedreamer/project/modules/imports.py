"""What TypeScript nodes import, told by Deno from their source; nothing is run and nothing is fetched."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from pipedreamer.errors import Problem
from pipedreamer.project.listing import left_out
from pipedreamer.project.modules.deno import module_graph
from pipedreamer.project.modules.import_map import TYPES, ImportMap

_OUTSIDE = ("npm", "jsr", "http", "https")
_BUILT_IN = ("node", "data", "blob", "file")
_PLACE = re.compile(r"\s*at file://\S+?:(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Import:
    """One import of the workflow's own files: as it is written, where it leads, in which file, reached from which node.

    `kind` is the type that the import asks for (`json`), or "".
    """

    written: str
    target: str
    kind: str
    node: str
    file: str
    line: int
    column: int

    def problem(self, message: str, suggestion: str = "", *, warning: bool = False) -> Problem:
        """A problem of this import; the message follows its name."""
        said = f'the import "{self.written}" of node "{self.node}" {message}'
        return Problem(self.file, self.line, self.column, said, suggestion, "warning" if warning else "error")


@dataclass(slots=True)
class Scan:
    """All of a workflow's imports from `outside`, those of `ours` that its own files name, and what is wrong, by node.

    What several nodes share counts for the first of them.
    """

    outside: list[Import] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    wrong: dict[str, list[Problem]] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        return [problem for problems in self.wrong.values() for problem in problems]

    def report(self, node: str, problem: Problem) -> None:
        self.wrong.setdefault(node, []).append(problem)


def scan(root: Path, nodes: Mapping[str, Path], import_map: ImportMap, shown: Path | None = None) -> Scan:
    """Follow the imports of node files through the files of the folder `root`, whose links are resolved.

    Imports of types alone do not count: they are gone when a node runs. Problems call the folder `shown`.
    """
    if not nodes:
        return Scan()
    with TemporaryDirectory(prefix="pipedreamer-scan-") as scratch:
        folder = Path(scratch)
        (folder / "map.json").write_text(json.dumps(import_map.document), "utf-8")
        (folder / "nodes.ts").write_text(entry(file.as_uri() for file in nodes.values()), "utf-8")
        arguments = ["--no-lock", "--no-remote", "--no-npm", f"--import-map={folder / 'map.json'}"]
        graph = module_graph([*arguments, str(folder / "nodes.ts")], folder / "deno")
    walk = _Walk(root, shown or root, {module["specifier"]: module for module in graph["modules"]})
    for node, file in nodes.items():
        walk.follow(node, file.as_uri())
    return walk.found


def entry(targets: Iterator[str], kinds: Mapping[str, str] | None = None) -> str:
    """A module that imports all of these."""
    asked = {target: f' with {{ type: "{kind}" }}' for target, kind in (kinds or {}).items() if kind}
    return "".join(f"import {json.dumps(target)}{asked.get(target, '')};\n" for target in targets)


@dataclass
class _Walk:
    root: Path
    shown: Path
    modules: dict[str, dict[str, Any]]
    found: Scan = field(default_factory=Scan)
    seen: set[str] = field(default_factory=set)

    def follow(self, node: str, start: str) -> None:
        """Go through what a node's file reaches and no other node's did."""
        waiting = [start]
        if broken := self.modules.get(start, {}).get("error"):
            self._broken(node, start, str(broken))
        while waiting:
            here = waiting.pop()
            if here in self.seen:
                continue
            self.seen.add(here)
            for dependency in self.modules.get(here, {}).get("dependencies", ()):
                if "code" in dependency:
                    waiting += self._take(node, here, dependency)

    def _take(self, node: str, here: str, dependency: dict[str, Any]) -> Iterator[str]:
        """Note one import; gives the file of the folder that it leads to."""
        code = dependency["code"]
        start = code.get("span", {}).get("start", {"line": -1, "character": -1})
        one = Import(
            dependency["specifier"],
            code.get("specifier", ""),
            dependency.get("assertionType", ""),
            node,
            self._named(here),
            start["line"] + 1,
            start["character"] + 1,
        )
        is_optional = bool(dependency.get("isDynamic"))
        if "error" in code:
            self.found.report(node, _unresolved(one, str(code["error"]), is_optional))
            return
        self.found.named.add(one.written)
        if one.target.partition(":")[0] in _OUTSIDE:
            self.found.outside.append(one)
        elif fault := self._fault(node, one.target):
            self.found.report(node, one.problem(*fault, warning=is_optional))
        elif one.target.startswith("file:") and one.target != TYPES.as_uri():
            yield one.target

    def _fault(self, node: str, target: str) -> tuple[str, str] | None:
        """What is wrong with a module that is not from outside, and what to do."""
        error = str(self.modules.get(target, {}).get("error", ""))
        if target.startswith("file:") and target != TYPES.as_uri():
            path = _path(target)
            if error.startswith("Module not found"):
                return f"leads to {self._named(target)}, which does not exist", "mend the path, or make the file"
            real = path.resolve()
            if not real.is_relative_to(self.root):
                return "leads out of the workflow's folder", "put a copy of the file into the folder"
            if any(left_out(part) for part in real.relative_to(self.root).parts):
                return "leads to a file that is left out of the workflow's code", "move or rename the file"
            if error and target not in self.seen:
                self.seen.add(target)
                self._broken(node, target, error)
            return None
        kind = target.partition(":")[0]
        if kind not in _BUILT_IN:
            return f"is of a kind that Deno does not know: {kind}", f"import from {', '.join(_OUTSIDE)}, or a file"
        return (f"cannot be used: {_one_line(error)}", "") if error else None

    def _broken(self, node: str, target: str, error: str) -> None:
        """A file that cannot be read as a module, at the place in it that Deno names."""
        place = _PLACE.search(error)
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        said = error.partition("\n")[0].removeprefix("SyntaxError: ")
        self.found.report(node, Problem(self._named(target), line, column, f"syntax error: {said}" if place else said))

    def _named(self, target: str) -> str:
        path = _path(target)
        return str(self.shown / path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def _unresolved(one: Import, error: str, is_optional: bool) -> Problem:
    if "not in import map" in error:
        remedy = f'write "./{one.written}" for a file, or add "{one.written}" to the imports in deno.json'
        return one.problem("is neither a file nor a name of the import map", remedy, warning=is_optional)
    return one.problem(f"cannot be resolved: {_one_line(error)}", warning=is_optional)


def _path(target: str) -> Path:
    return Path(unquote(urlsplit(target).path))


def _one_line(text: str) -> str:
    return " ".join(text.split())
