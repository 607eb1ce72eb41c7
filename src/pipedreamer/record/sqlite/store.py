"""Implements `record.store.Store` with one file, one thread that writes and two that read."""

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, Self, TypeVar

from pipedreamer.errors import LeaseLostError, RecordError
from pipedreamer.record import ids
from pipedreamer.record.changes import Accepted, Change
from pipedreamer.record.grouping import Whole
from pipedreamer.record.model import Line, Run
from pipedreamer.record.query import Page, Query
from pipedreamer.record.searching import is_search, search
from pipedreamer.record.sqlite import journal, leasing, pruning, reading
from pipedreamer.record.sqlite.connecting import connect, prepare
from pipedreamer.record.sqlite.files import Files
from pipedreamer.record.sqlite.holding import Hold
from pipedreamer.record.sqlite.journal import Entry, Journal, entered
from pipedreamer.record.sqlite.moving import Mover
from pipedreamer.record.sqlite.refusal import naming
from pipedreamer.record.sqlite.threads import Threads
from pipedreamer.record.sqlite.writing import Writer
from pipedreamer.record.store import Epoch, Limits, Refusals, Retention, Size

Given = ParamSpec("Given")
T = TypeVar("T")

logger = logging.getLogger("pipedreamer.record")
_READERS: Final = 2


class SqliteStore:
    """A record in a file; what is large lies in the folder `<file>.values`."""

    def __init__(self, file: Path, limits: Limits, *, create: bool = True) -> None:
        self._file = file
        self._create = create
        self._files = Files(file.with_name(f"{file.name}.values"))
        self._limits = limits
        self._writer = Writer(self._files, limits)
        self._journal = Journal(file)
        self._mover = Mover(self._journal, self._move)
        self._writing: Threads | None = None
        self._reading: Threads | None = None
        self._hold: Hold | None = None
        self._epoch: Epoch | None = None
        self._inode = 0
        self._is_gone = False

    def __repr__(self) -> str:
        return f"SqliteStore({self._file})"

    async def open(self) -> None:
        connections = await asyncio.to_thread(self._connect)
        self._writing = Threads("record-writer", connections[:1])
        self._reading = Threads("record-reader", connections[1:])

    async def close(self) -> None:
        await self._mover.close()
        if self._epoch is not None:
            await self.leave(self._epoch)
        ends = [threads.end for threads in (self._reading, self._writing) if threads is not None]
        self._reading = self._writing = None
        for end in ends:
            await asyncio.to_thread(end)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def seal(self) -> str:
        return await self._read(reading.seal)

    async def join(self, workflow: str, engine: str, lease: float) -> Epoch:
        del lease  # the lock is held for as long as the process lives
        if self._epoch is not None:
            raise RecordError(f"the record {self._file} has been joined already")
        hold = Hold(self._file, engine)
        try:
            self._epoch = await self._write(leasing.begin, self._files, workflow, engine, _now())
            await self._read_journal()
            self._journal.epoch = self._epoch
        except BaseException:
            self._epoch = None
            hold.release()
            raise
        self._hold = hold
        return self._epoch

    async def renew(self, epoch: Epoch, code: str) -> tuple[str, ...]:
        del code  # there is no other engine that could have another
        if not self._file.exists() or self._file.stat().st_ino != self._inode:
            self._is_gone = True
        self._holds(epoch)
        await self._mover.settle()
        return await self._write(leasing.owned, epoch)

    async def leave(self, epoch: Epoch) -> None:
        await self._mover.settle()
        if self._epoch == epoch and self._hold is not None:
            self._epoch = None
            await self._write(bool)  # what is under way comes first
            self._hold.release()
            self._hold = None

    async def write(self, changes: Sequence[Change], epoch: Epoch, *, durable: bool = False) -> Refusals:
        self._holds(epoch)
        if not all(isinstance(change, Accepted) for change in changes):
            await self._mover.settle()  # what is said of a run is stored in the order it was said
        return await self._write(self._writer.write, changes, epoch, durable=durable)

    def write_now(self, changes: Sequence[Change], epoch: Epoch) -> bool:
        self._holds(epoch)
        entries = entered(changes, epoch, self._limits) if self._mover.has_room else None
        if entries is None:
            return False
        with naming(self._file):
            self._mover.add(entries)
        return True

    async def page(self, query: Query) -> Page:
        if is_search(query):
            return await search(query, self.page)
        return await self._read(reading.page, query)

    async def run(self, workflow: str, run_id: str) -> Run | None:
        if (stored := ids.stored(run_id)) is None:
            return None
        try:
            return await self._read(reading.run, self._files, workflow, stored)
        except RecordError:  # a value may have been removed just now, and then its row is gone too
            return await self._read(reading.run, self._files, workflow, stored)

    async def lines(self, workflow: str, run_id: str, after: int = 0, limit: int = 1000) -> tuple[Line, ...]:
        if (stored := ids.stored(run_id)) is None:
            return ()
        return await self._read(reading.lines, self._files, workflow, stored, after, limit)

    async def find_key(self, workflow: str, key: str) -> tuple[str, bytes | None] | None:
        return await self._read(reading.find_key, workflow, key)

    async def prune(self, epoch: Epoch, now: int, keep: Retention) -> int:
        self._holds(epoch)
        return await self._write(pruning.prune, self._files, now, keep)

    async def size(self) -> Size:
        return await self._read(pruning.size, self._file)

    async def _move(self, entries: Sequence[Entry]) -> None:
        if self._epoch is not None:
            durable = not all(isinstance(entry, Whole) for entry in entries)
            await self._write(self._writer.write, entries, self._epoch, durable=durable)

    async def _read_journal(self) -> None:
        """Take up what engines before this one had written and not moved, each by its own right."""
        for segment in self._journal.segments():
            with naming(self._file):
                epoch, changes, is_whole = journal.read(segment)
            if epoch is not None:
                await self._write(self._writer.write, changes, epoch, durable=False)
            if is_whole:
                self._journal.drop([segment])
            else:
                self._set_aside(segment)

    def _set_aside(self, segment: Path) -> None:
        kept = segment.rename(segment.with_name(f"damaged-{segment.name}"))
        logger.warning("%s is damaged, and the runs behind the damage are not in the record: kept as %s", segment, kept)

    def _connect(self) -> list[sqlite3.Connection]:
        with naming(self._file):
            if not self._file.exists():
                self._make()
            if not self._file.is_file():
                raise RecordError(f"{self._file} is no file; name one for the record of runs")
            connections = [connect(self._file)]
            try:
                prepare(connections[0], self._file)
                connections += [connect(self._file) for _ in range(_READERS)]
            except BaseException:
                for connection in connections:
                    connection.close()
                raise
            self._inode = self._file.stat().st_ino
        return connections

    def _make(self) -> None:
        """Nobody else on this machine is to read it."""
        if not self._create:
            raise RecordError(f"there is no record of runs at {self._file}")
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def _holds(self, epoch: Epoch) -> None:
        if self._is_gone:
            raise RecordError(f"the record {self._file} was removed or replaced under this engine; start it again")
        if epoch != self._epoch:
            raise LeaseLostError(f"this engine does not hold the record {self._file} any more")

    async def _write(
        self, function: Callable[Concatenate[sqlite3.Connection, Given], T], *args: Given.args, **kwargs: Given.kwargs
    ) -> T:
        return await self._turn(self._writing, function, *args, **kwargs)

    async def _read(
        self, function: Callable[Concatenate[sqlite3.Connection, Given], T], *args: Given.args, **kwargs: Given.kwargs
    ) -> T:
        with suppress(RecordError):  # what cannot be moved now is not shown now
            await self._mover.settle()
        return await self._turn(self._reading, function, *args, **kwargs)

    async def _turn(
        self,
        threads: Threads | None,
        function: Callable[Concatenate[sqlite3.Connection, Given], T],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> T:
        if threads is None:
            raise RecordError(f"the record {self._file} is not open")
        with naming(self._file):
            return await threads.call(function, *args, **kwargs)


def _now() -> int:
    return time.time_ns() // 1_000_000
