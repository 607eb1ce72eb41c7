"""What a caller asks of the list of runs, by its query."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from pipedreamer.record import Query, Run
from pipedreamer.record.ids import id_prefix
from pipedreamer.record.model import STATES, State

PAGE: Final = 50
LARGEST_PAGE: Final = 500
MOST_LINES: Final = 1000
LAST_LINE: Final = (1 << 31) - 1
_LONGEST_NUMBER: Final = 15
LAST_MS: Final = (1 << 48) - 1
"""Ids begin with 48 bits of time."""
_OF_RUNS: Final = ("state", "trigger", "version", "since", "until", "text", "before", "limit")
_OF_LINES: Final = ("after", "limit", "node")


class WrongQueryError(ValueError):
    """A parameter that makes no sense; the text says which, and what would."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of a run are asked for: at most `limit` that come `after` a number, "" for those of all nodes."""

    after: int
    limit: int
    node: str


def query_of(workflow: str, text: bytes) -> Query:
    """The query of `GET /runs?...`; several states or triggers are joined by commas. Raises `WrongQueryError`."""
    given = _parameters(text, _OF_RUNS)
    return Query(
        workflow=workflow,
        states=tuple(_state(name) for name in _listed(given, "state")),
        triggers=_listed(given, "trigger"),
        versions=_listed(given, "version"),
        since=_number(given, "since", 0, LAST_MS),
        until=_number(given, "until", 0, LAST_MS),
        text=given.get("text", ""),
        before=_cursor(given),
        limit=_number(given, "limit", 1, LARGEST_PAGE) or PAGE,
    )


def is_asked_for(run: Run, query: Query) -> bool:
    """Whether a run under way belongs on the first page of this query."""
    return (
        query.before is None
        and (not query.text or run.id.startswith(id_prefix(query.text) or "?"))
        and (not query.states or run.state in query.states)
        and (not query.triggers or run.trigger in query.triggers)
        and (not query.versions or run.code.version in query.versions)
        and (query.since is None or run.accepted_at >= query.since)
        and (query.until is None or run.accepted_at < query.until)
    )


def lines_of(text: bytes) -> Lines:
    """The query of `GET /runs/ID/logs?...`. Raises `WrongQueryError`."""
    given = _parameters(text, _OF_LINES)
    return Lines(
        after=_number(given, "after", 0, LAST_LINE) or 0,
        limit=_number(given, "limit", 1, MOST_LINES) or MOST_LINES,
        node=given.get("node", ""),
    )


def last_line(event: bytes) -> int:
    """The number of the line that a `Last-Event-ID` names; 0 for what names none."""
    return min(int(event), LAST_LINE) if event.isdigit() and len(event) <= _LONGEST_NUMBER else 0


def _parameters(text: bytes, known: tuple[str, ...]) -> dict[str, str]:
    """A query's parameters, blank ones as if they were not there. Raises `WrongQueryError` for unknown ones."""
    try:
        pairs = parse_qsl(text.decode(), errors="strict")
    except UnicodeDecodeError:
        raise WrongQueryError("the query is not UTF-8; encode it as %XX in UTF-8") from None
    given = dict(pairs)
    if len(given) != len(pairs):
        raise WrongQueryError("a parameter stands twice in the query; join several values by commas")
    for name, value in pairs:
        if name not in known:
            raise WrongQueryError(f"there is no parameter {name[:50]!r}; there are {', '.join(known)}")
        if "\0" in value:
            raise WrongQueryError(f"{name} has a NUL in it, which is in no run")
    return given


def _number(given: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_NUMBER or not least <= int(text) <= most:
        raise WrongQueryError(f"{name} must be a whole number from {least} to {most}, not {text[:50]!r}")
    return int(text)


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, given.get(name, "").split(",")))


def _state(name: str) -> State:
    for state in STATES:
        if state == name:
            return state
    raise WrongQueryError(f"there is no state {name[:50]!r}; there are {', '.join(STATES)}")


def _cursor(given: Mapping[str, str]) -> str | None:
    text = given.get("before", "")
    if text and (len(text) != 32 or not all(letter in "0123456789abcdef" for letter in text)):
        raise WrongQueryError("before must be the `next` of a page")
    return text or None
