"""A run as it is kept: what it was asked, by which code, what each node came to, and what was logged."""

from typing import Final, Literal, get_args

from msgspec import Struct

Value = bytes
"""JSON text, with secrets already replaced by references."""

State = Literal["accepted", "running", "succeeded", "failed", "cancelled", "interrupted"]
STATES: Final[tuple[State, ...]] = get_args(State)
"""Stored as their place in this list, which is why none may ever move."""
NUMBERS: Final[dict[str, int]] = {state: number for number, state in enumerate(STATES)}
STATES_A_KIND: Final = 8
"""So many could there be."""
UNFINISHED: Final = 2
"""The states before this place have an end still to come."""
FINISHED: Final = frozenset(STATES[UNFINISHED:])
UNSUCCESSFUL: Final[tuple[State, ...]] = ("failed", "cancelled", "interrupted")

AttemptState = Literal["ok", "retry", "failed", "cancelled", "interrupted"]

_ERROR_LENGTH: Final = 500


def cut(error: str) -> str:
    """So much as is kept of an error for lists; PostgreSQL stores no NUL."""
    return error[:_ERROR_LENGTH].replace("\0", "\N{REPLACEMENT CHARACTER}")


class Line(Struct, frozen=True, array_like=True, gc=False):
    """A line of a run's log; `number` counts from 1 within the run, `at` is in ms since 1970."""

    number: int
    at: int
    node: str
    attempt: int
    level: str
    message: str


class Attempt(Struct, frozen=True, array_like=True, gc=False):
    """One attempt at one node; times in ms since 1970, `ended_at` is None while it runs."""

    node: str
    number: int
    state: AttemptState
    started_at: int
    ended_at: int | None = None
    output: Value | None = None
    error: str = ""


class Code(Struct, frozen=True, gc=False):
    """What ran: the workflow's version, and the digests of its code, its config and its lock."""

    version: str
    code: str
    config: str = ""
    lock: str = ""


class Summary(Struct, frozen=True, kw_only=True, gc=False):
    """What a list shows of a run.

    `id` is 32 hexadecimal digits: 12 of the time it was accepted at, in ms since 1970, 12 of its engine, 8 of a count.
    `trigger` is one of few words. `error` is the first line of why it failed; 500 characters are kept of it.
    """

    id: str
    workflow: str
    code: Code
    trigger: str
    state: State
    started_at: int | None = None
    ended_at: int | None = None
    durable: bool = False
    error: str = ""
    rerun_of: str | None = None
    rerun_from: tuple[str, ...] = ()
    key: str | None = None
    key_digest: bytes | None = None

    @property
    def accepted_at(self) -> int:
        """In ms since 1970; it is a part of the id, so that pages by id are pages by time."""
        return int(self.id[:12], 16)

    @property
    def duration(self) -> int | None:
        """In ms, from the beginning of its first node to its end; None before that."""
        return None if self.ended_at is None or self.started_at is None else self.ended_at - self.started_at

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED


class Run(Summary, frozen=True, kw_only=True, gc=False):
    """All that is kept of a run; attempts in the order they ended."""

    input: Value
    attempts: tuple[Attempt, ...] = ()
    lines: tuple[Line, ...] = ()
