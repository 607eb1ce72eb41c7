"""Prints problems of a workflow folder: one line each, with a path that works from where the person stands."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import Problem


def say_problems(terminal: Terminal, problems: Sequence[Problem]) -> None:
    """Print each problem to stderr as `file:line:column: error: message (suggestion)`, and their count last."""
    for problem in problems:
        terminal.say(_painted(from_here(problem)))
    if problems:
        terminal.say(count(problems))


def as_document(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """The problems as values for `-o json`."""
    shown = map(from_here, problems)
    return [{name: getattr(problem, name) for name in Problem.__dataclass_fields__} for problem in shown]


def count(problems: Sequence[Problem]) -> str:
    """How many errors and warnings there are: `2 errors, 1 warning`."""
    parts = []
    for severity in ("error", "warning"):
        found = sum(problem.severity == severity for problem in problems)
        if found:
            parts.append(f"{found} {severity}{'s' if found > 1 else ''}")
    return ", ".join(parts)


def from_here(problem: Problem) -> Problem:
    """The problem with an absolute path made relative to the current folder, where that is shorter."""
    return replace(problem, file=path_from_here(Path(problem.file)))


def path_from_here(path: Path) -> str:
    """A path as a person in the current folder would type it."""
    if not path.is_absolute():
        return str(path)
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except OSError:  # the current folder has been removed
        return str(path)


def _painted(problem: Problem) -> str:
    place, mark, rest = str(problem).partition(f": {problem.severity}: ")
    colour = "red" if problem.severity == "error" else "yellow"
    return typer.style(place, bold=True) + typer.style(mark, fg=colour, bold=True) + rest
