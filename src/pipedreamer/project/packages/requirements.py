"""What a workflow asks for: requirements.txt, or the dependencies in pyproject.toml."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project.packages.pyproject import read_pyproject
from pipedreamer.project.packages.requirement_line import option_refusal, refusal
from pipedreamer.project.reading import UnreadableError, read_text, real_path

REQUIREMENTS_FILE = "requirements.txt"
OLDEST_PYTHON = "3.11"
"""Locks are made for this Python and every later one, unless pyproject.toml asks for a later one."""

_INCLUDE = re.compile(r"(-r|--requirement|-c|--constraint)(?:\s+|=|(?<=-[rc]))(\S+)")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True, slots=True)
class Requirements:
    """Accepted lines, included files' too; `python` is the oldest version they must work on."""

    file: str
    lines: tuple[str, ...]
    constraints: tuple[str, ...]
    python: str

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what was asked for; comments, order and spacing do not count."""
        parts = (self.python, "", *sorted(self.lines), "", *sorted(self.constraints))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def read_requirements(root: Path) -> Requirements | None:
    """A workflow's requirements, or None where it has none. Raises ProjectError with every line that is refused."""
    project = read_pyproject(root)
    problems = list(project.problems)
    reader = _Reader(root, problems)
    file = root / REQUIREMENTS_FILE
    if file.is_file() or file.is_symlink():
        reader.read(file, reader.lines)
    if reader.lines and project.dependencies:
        message = f"{REQUIREMENTS_FILE} and pyproject.toml both name packages"
        problems.append(Problem(str(file), 0, 0, message, "keep the packages in one of them"))
    if problems:
        raise ProjectError(tuple(sorted(problems)))
    if project.dependencies:
        return Requirements(str(root / "pyproject.toml"), project.dependencies, (), project.python or OLDEST_PYTHON)
    if not reader.lines:
        return None
    return Requirements(str(file), tuple(reader.lines), tuple(reader.constraints), project.python or OLDEST_PYTHON)


@dataclass
class _Reader:
    """Reads requirements.txt and what it includes, each file once."""

    root: Path
    problems: list[Problem]
    lines: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)

    def read(self, start: Path, into: list[str]) -> None:
        waiting = [(start, into, Problem(str(start), 0, 0, ""))]
        while waiting:
            file, into, asked = waiting.pop()
            try:
                text = self._text(file)
            except UnreadableError as error:
                message = f"{file.name} {error}"
                self.problems.append(Problem(asked.file, asked.line, asked.column, message))
                continue
            for number, column, line in _logical_lines(text):
                place = Problem(str(file), number, column, "")
                if included := _INCLUDE.fullmatch(line):
                    target = self.constraints if included[1] in ("-c", "--constraint") else into
                    waiting.append((file.parent / included[2], target, place))
                else:
                    self._take(line, place, into)

    def _text(self, file: Path) -> str:
        """A file's text, nothing for one that was read before."""
        real = real_path(file)
        if not real.is_relative_to(real_path(self.root)):
            raise UnreadableError("lies outside of the workflow's folder")
        if real in self.seen:
            return ""
        self.seen.add(real)
        return read_text(real)

    def _take(self, line: str, place: Problem, into: list[str]) -> None:
        refused = option_refusal(re.split(r"[\s=]", line)[0]) if line.startswith("-") else refusal(line)
        if refused:
            self.problems.append(Problem(place.file, place.line, place.column, *refused))
        else:
            into.append(" ".join(line.split()))


def _logical_lines(text: str) -> list[tuple[int, int, str]]:
    """Line number, column and content of each line, comments off and continued lines joined."""
    found, begun, column, joined = [], 0, 0, ""
    for number, written in enumerate([*text.splitlines(), ""], 1):
        line = _COMMENT.sub("", written)
        if not joined.strip():
            begun, column, joined = number, len(line) - len(line.lstrip()) + 1, ""
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        joined += line
        if joined.strip():
            found.append((begun, column, joined.strip()))
        joined = ""
    return found
