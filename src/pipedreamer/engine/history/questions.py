"""What a caller asks of the list of runs, by its query."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from pipedreamer.record import Query, Run
from pipedreamer.record.model import STATES, State

LARGEST_PAGE: Final = 500
_KNOWN: Final = ("state", "trigger", "version", "since", "until", "text", "before", "limit")


class WrongQueryError(ValueError):
    """A parameter that makes no sense; the text says which, and what would."""


def query_of(workflow: str, text: bytes) -> Query:
    """The query of `GET /runs?...`; several states or triggers are joined by commas. Raises `WrongQueryError`."""
    given = parameters(text, _KNOWN)
    return Query(
        workflow=workflow,
        states=tuple(_state(name) for name in _listed(given, "state")),
        triggers=_listed(given, "trigger"),
        versions=_listed(given, "version"),
        since=_number(given, "since"),
        until=_number(given, "until"),
        text=given.get("text", ""),
        before=_cursor(given),
        limit=min(LARGEST_PAGE, max(1, _number(given, "limit") or 50)),
    )


def is_asked_for(run: Run, query: Query) -> bool:
    """Whether a run under way belongs on the first page of this query."""
    return (
        query.before is None
        and not query.text
        and (not query.states or run.state in query.states)
        and (not query.triggers or run.trigger in query.triggers)
        and (not query.versions or run.code.version in query.versions)
        and (query.since is None or run.accepted_at >= query.since)
        and (query.until is None or run.accepted_at < query.until)
    )


def parameters(text: bytes, known: tuple[str, ...]) -> dict[str, str]:
    """A query's parameters, each at most once. Raises `WrongQueryError` for unknown ones."""
    given: dict[str, str] = {}
    for name, value in parse_qsl(text.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            raise WrongQueryError(f"there is no parameter {name[:50]!r}; there are {', '.join(known)}")
        given[name] = value
    return given


def number(given: Mapping[str, str], name: str, default: int) -> int:
    """A parameter that is a number. Raises `WrongQueryError`."""
    found = _number(given, name)
    return default if found is None else found


def _number(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise WrongQueryError(f"{name} must be a whole number, not {text[:50]!r}")
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
