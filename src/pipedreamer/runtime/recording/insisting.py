"""Writing of a durable run that does not give up while the run is this engine's."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final, TypeVar

from pipedreamer.errors import LeaseLostError, RecordError, StaleError, ValueGoneError, ValueTooBigError
from pipedreamer.record import Change
from pipedreamer.runtime.recording.lease import NOT_OURS
from pipedreamer.runtime.recording.writer import Writer

T = TypeVar("T")
_FIRST_S: Final = 0.1
_LONGEST_S: Final = 3.0
_FINAL: Final = (LeaseLostError, StaleError, ValueGoneError, ValueTooBigError)
"""Trying again changes nothing."""


class Insisting:
    """Tries again what failed for the store's sake, until `let_go`; then everything raises `LeaseLostError`.

    `failed` hears why it has to.
    """

    def __init__(self, writer: Writer, failed: Callable[[RecordError], None]) -> None:
        self._writer = writer
        self._failed = failed
        self._let_go = asyncio.Event()

    @property
    def is_over(self) -> bool:
        return self._let_go.is_set()

    def let_go(self) -> None:
        """The run is no longer this engine's, or not surely."""
        self._let_go.set()

    async def write(self, change: Change) -> None:
        """Return when the change is in the record; raises where it is refused."""
        await self.until_done(lambda: self._writer.write(change))

    def begin_to_write(self, change: Change) -> asyncio.Future[None]:
        """The first try of it; what it raises is for `finish_writing`."""
        return self._writer.write(change)

    async def finish_writing(self, changes: Iterable[tuple[Change, asyncio.Future[None]]]) -> None:
        """Return when all that was begun is in the record; raises where it is refused."""
        for change, first in changes:
            try:
                await first
            except _FINAL:
                raise
            except RecordError as error:
                self._failed(error)
                await self.write(change)

    async def until_done(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the store answers, asked until it does."""
        pause = _FIRST_S
        while not self.is_over:
            try:
                return await ask()
            except _FINAL:
                raise
            except RecordError as error:
                self._failed(error)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._let_go.wait(), pause)
                pause = min(2 * pause, _LONGEST_S)
        raise LeaseLostError(NOT_OURS)
