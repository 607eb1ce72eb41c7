"""The seam between what runs workflows and what keeps their runs."""

from collections.abc import Sequence
from typing import Protocol, Self

from msgspec import Struct

from pipedreamer.errors import RecordError
from pipedreamer.record.changes import Change
from pipedreamer.record.model import Line, Run
from pipedreamer.record.query import Page, Query


class Limits(Struct, frozen=True):
    """In bytes. What is longer than `inline` is kept beside its run's row; what is longer than `value` is refused."""

    inline: int = 256 * 1024
    value: int = 64 * 1024 * 1024


class Retention(Struct, frozen=True):
    """How long runs are kept, in seconds, and how many of them; None is for ever. Unfinished runs are never removed."""

    age: float | None = 30 * 86400
    runs: int | None = 1_000_000


class Epoch(Struct, frozen=True):
    """An engine's right to write to its durable runs, until another has taken them over."""

    number: int
    workflow: str
    lapses: bool = False
    """Whether its lease has to be renewed; otherwise it lasts until it is left."""


class Size(Struct, frozen=True):
    """What the whole record takes on disk, and how many runs there are."""

    bytes: int
    runs: int


Refusals = dict[str, RecordError]
"""By the run's id, why nothing of what was said of it in this call has been stored."""


class Store(Protocol):
    """The record. Everything raises `RecordError` when the disk or the server is not as it should be.

    Use it as an async context manager, or `open` and `close` it, in one event loop.
    """

    async def open(self) -> None:
        """Connect, and bring the tables up to this program's version."""

    async def close(self) -> None:
        """End what is under way; the epoch, if one is held, is left."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...

    async def seal(self) -> str:
        """Sixteen hexadecimal digits that were drawn when this record was made, and that nobody else knows."""

    async def join(self, workflow: str, engine: str, lease: float) -> Epoch:
        """Begin to write for a workflow. `engine` is told to people; `lease` is in seconds, to be renewed in time.

        Where several engines share the record it may be joined anew: the epoch before is left with that.
        """

    async def renew(self, epoch: Epoch, code: str) -> tuple[str, ...]:
        """The ids of all durable runs that this epoch has to carry out, those of engines that are gone among them.

        These are taken over where they began with this engine's `code` (its digest), or where no engine is left that
        has theirs. Raises `LeaseLostError` once another has taken over: then all is to be stopped, and joined anew.
        """

    async def leave(self, epoch: Epoch) -> None:
        """What it did not finish may be taken over at once."""

    async def write(self, changes: Sequence[Change], epoch: Epoch, *, durable: bool = False) -> Refusals:
        """Store all of it, or nothing and raise; `LeaseLostError` after `leave`. What is written may be written again.

        It returns when the operating system or the server has it.

        With `durable` when it is on the disk. What was refused of single runs is in the answer: `StaleError`,
        `KeyTakenError`, `ValueTooBigError`, or a `RecordError` where the id is none; the rest is stored.
        """

    def write_now(self, changes: Sequence[Change], epoch: Epoch) -> bool:
        """Store all of it before this returns; False, and nothing is stored, where that takes a `write`.

        What is refused of single runs is not told: it is what another engine has taken over since.
        """

    async def page(self, query: Query) -> Page: ...

    async def run(self, workflow: str, run_id: str) -> Run | None: ...

    async def lines(self, workflow: str, run_id: str, after: int = 0, limit: int = 1000) -> tuple[Line, ...]:
        """Lines with a number above `after`, in order."""

    async def find_key(self, workflow: str, key: str) -> tuple[str, bytes | None] | None:
        """The id of the run with this Idempotency-Key, and the digest of the body it came with."""

    async def prune(self, epoch: Epoch, now: int, keep: Retention) -> int:
        """Remove some of what is too old or too much at `now` (ms since 1970); how many, 0 when there is no more."""

    async def size(self) -> Size: ...
