"""Implements `record.store.Store` with a database that several engines share."""

from collections.abc import Sequence
from functools import partial
from typing import Self

from pipedreamer.errors import LeaseLostError
from pipedreamer.record import ids
from pipedreamer.record.changes import Change
from pipedreamer.record.grouping import Group, grouped
from pipedreamer.record.model import Line, Run
from pipedreamer.record.postgres import leasing, pruning, reading
from pipedreamer.record.postgres.connecting import Connections
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.numbers import Numbers
from pipedreamer.record.postgres.place import Place
from pipedreamer.record.postgres.preparing import prepare
from pipedreamer.record.postgres.writing import write
from pipedreamer.record.query import Page, Query
from pipedreamer.record.searching import is_search, search
from pipedreamer.record.store import Epoch, Limits, Refusals, Retention, Size


class PostgresStore:
    """A record in the schema `pipedreamer` of a database."""

    def __init__(self, url: str, limits: Limits, *, create: bool = True) -> None:
        self._place = Place(url)
        self._limits = limits
        self._create = create
        self._connections = Connections(self._place)
        self._numbers = Numbers()
        self._epoch: Epoch | None = None

    def __repr__(self) -> str:
        return f"PostgresStore({self._place})"

    async def open(self) -> None:
        await self._connections.write(lambda connection: prepare(connection, self._place, create=self._create))
        await self._connections.read(pruning.size)  # so that the first page finds a connection

    async def close(self) -> None:
        try:
            if self._epoch is not None:
                await self.leave(self._epoch)
        finally:
            await self._connections.close()

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self._connections.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def seal(self) -> str:
        return await self._connections.read(reading.seal)

    async def join(self, workflow: str, engine: str, lease: float) -> Epoch:
        if self._epoch is not None:
            self._connections.start_anew()
        joining = partial(leasing.begin, workflow=workflow, engine=engine, lease=lease, before=self._epoch)
        self._epoch = await self._connections.lease(joining)
        return self._epoch

    async def renew(self, epoch: Epoch, code: str) -> tuple[str, ...]:
        return await self._connections.lease(partial(leasing.renew, epoch=epoch, code=code))

    async def leave(self, epoch: Epoch) -> None:
        self._epoch = None
        await self._connections.lease(partial(leasing.leave, epoch=epoch))

    async def write(self, changes: Sequence[Change], epoch: Epoch, *, durable: bool = False) -> Refusals:
        if epoch != self._epoch:
            raise LeaseLostError(f"this engine has left the record in {self._place}")
        del durable  # all is on the disk here

        async def written(connection: Connection) -> Group:
            group = grouped(changes, epoch, self._limits)  # anew each time, since what is refused is dropped from it
            await write(connection, group, epoch, self._numbers)
            return group

        return (await self._connections.write(written)).refused

    def write_now(self, changes: Sequence[Change], epoch: Epoch) -> bool:  # noqa: ARG002 - the server is asked
        return False

    async def page(self, query: Query) -> Page:
        if is_search(query):
            return await search(query, self.page)
        return await self._connections.read(partial(reading.page, query=query))

    async def run(self, workflow: str, run_id: str) -> Run | None:
        if (stored := ids.stored(run_id)) is None:
            return None
        return await self._connections.read(partial(reading.run, workflow=workflow, run_id=stored))

    async def lines(self, workflow: str, run_id: str, after: int = 0, limit: int = 1000) -> tuple[Line, ...]:
        if (stored := ids.stored(run_id)) is None:
            return ()
        asked = partial(reading.lines, workflow=workflow, run_id=stored, after=after, limit=limit)
        return await self._connections.read(asked)

    async def find_key(self, workflow: str, key: str) -> tuple[str, bytes | None] | None:
        return await self._connections.read(partial(reading.find_key, workflow=workflow, key=key))

    async def prune(self, epoch: Epoch, now: int, keep: Retention) -> int:
        return await self._connections.write(partial(pruning.prune, workflow=epoch.workflow, now=now, keep=keep))

    async def size(self) -> Size:
        return await self._connections.read(pruning.size)
