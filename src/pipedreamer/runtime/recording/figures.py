"""How the record is doing, for those who watch the engine."""

import asyncio
from contextlib import suppress
from typing import Final

from msgspec import Struct

from pipedreamer.errors import RecordError
from pipedreamer.record import Size, Store
from pipedreamer.runtime.recording.writer import Writer

AGE_S: Final = 15.0
"""For so long the record's size is not asked for again."""
PATIENCE_S: Final = 1.0
"""Whoever asks waits no longer for it."""


class RecordFigures(Struct, frozen=True):
    """`bytes` and `runs` are None as long as they are not known; `waiting` counts changes, `lag_s` is in seconds."""

    bytes: int | None
    runs: int | None
    waiting: int
    lag_s: float
    is_in_trouble: bool


class RecordWatch:
    """Tells the figures; the size is the one that was last found."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._size: Size | None = None
        self._asked = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self) -> RecordFigures:
        now = asyncio.get_running_loop().time
        if self._asking is None and now() - self._asked >= AGE_S:
            self._asked = now()
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None:
            await asyncio.wait((self._asking,), timeout=PATIENCE_S)
        writer, size = self._writer, self._size
        return RecordFigures(
            bytes=size.bytes if size is not None else None,
            runs=size.runs if size is not None else None,
            waiting=writer.waiting,
            lag_s=writer.lag_s,
            is_in_trouble=bool(writer.trouble or writer.lease.trouble),
        )

    async def _ask(self) -> None:
        try:
            with suppress(RecordError):
                self._size = await self._store.size()
        finally:
            self._asking = None
