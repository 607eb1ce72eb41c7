"""Collects what is wrong in a file, and lists it: by place, each once, bounded."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol

from pipedreamer.errors import Problem
from pipedreamer.spec.wording import one_line

LISTED: Final = 100
"""How many errors, and how many warnings, are listed; the rest is counted."""

Suggestion = str | Callable[[], str]
"""What would be right; a function where finding it costs something, called only for what is listed."""

Severity = Literal["error", "warning"]


class Fault(NamedTuple):
    """What is wrong with one text, to be put after the name of the field: `must end in .py`."""

    message: str
    suggestion: Suggestion = ""
    severity: Severity = "error"


class Placed(Protocol):
    """Anything that stands somewhere in the file; line and column count from 1."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Findings:
    """The problems of one file, as they are found."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: dict[Severity, dict[tuple[int, int, str], Suggestion]] = {"error": {}, "warning": {}}

    @property
    def has_errors(self) -> bool:
        return bool(self._found["error"])

    def error(self, place: Placed, message: str, suggestion: Suggestion = "") -> None:
        self._found["error"].setdefault((place.line, place.column, message), suggestion)

    def warning(self, place: Placed, message: str, suggestion: Suggestion = "") -> None:
        self._found["warning"].setdefault((place.line, place.column, message), suggestion)

    def fault(self, place: Placed, label: str, fault: Fault) -> None:
        """Report a fault of the value that `label` names."""
        add = self.error if fault.severity == "error" else self.warning
        add(place, f"{label} {fault.message}", fault.suggestion)

    def problems(self) -> tuple[Problem, ...]:
        """All of them by place; past `LISTED` of a kind, one more at the first place left out says how many."""
        return tuple(sorted(self._listed("error") + self._listed("warning")))

    def _listed(self, severity: Severity) -> list[Problem]:
        found = sorted(self._found[severity].items(), key=lambda item: item[0])
        listed = [
            Problem(self._file, line, column, one_line(message), one_line(_text(suggestion)), severity)
            for (line, column, message), suggestion in found[:LISTED]
        ]
        if left := found[LISTED:]:
            (line, column, _), _ = left[0]
            message = f"and {len(left):,} more {severity}{'s' if len(left) > 1 else ''} from here on"
            listed.append(Problem(self._file, line, column, message, "mend the ones above first", severity))
        return listed


def _text(suggestion: Suggestion) -> str:
    return suggestion if isinstance(suggestion, str) else suggestion()
