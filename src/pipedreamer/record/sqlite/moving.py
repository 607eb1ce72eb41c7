"""Moves what the journal has into the database: much at once, beside the loop that waits for none of it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from pipedreamer.errors import RecordError
from pipedreamer.record.sqlite.journal import Entry, Journal

PERIOD_S: Final = 0.2
RETRY_S: Final = 1.0
MOST: Final = 20_000
"""So many entries may wait; more go the long way."""

Move = Callable[[Sequence[Entry]], Awaitable[None]]


class Mover:
    """Of one store that is joined. What `move` raises is tried again: the journal has the runs meanwhile."""

    def __init__(self, journal: Journal, move: Move) -> None:
        self._journal = journal
        self._move = move
        self._waiting: list[Entry] = []
        self._working: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < MOST

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep these; they are in the database soon. Raises OSError."""
        self._journal.append(entries)
        self._waiting += entries
        if self._working is None:
            self._working = asyncio.create_task(self._work())

    async def settle(self) -> None:
        """Wait until the database has all that was added; raises `RecordError` where it does not take it."""
        async with self._turn:
            entries, self._waiting = self._waiting, []
            if not entries:
                return
            segments = self._journal.turn()
            try:
                await self._move(entries)
            except RecordError:
                self._waiting = entries + self._waiting
                raise
            self._journal.drop(segments)

    async def close(self) -> None:
        """Move what waits, if that can be done; what cannot stays in the journal."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        with suppress(RecordError):
            await self.settle()

    async def _work(self) -> None:
        pause = PERIOD_S
        while self._waiting:
            await asyncio.sleep(pause)
            try:
                await self.settle()
                pause = PERIOD_S
            except RecordError:
                pause = RETRY_S
        self._working = None
