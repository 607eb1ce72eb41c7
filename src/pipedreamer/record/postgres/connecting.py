"""Connections to the server: one for writes, made anew when it is lost, and a few for all else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import asyncpg

from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.place import Place
from pipedreamer.record.postgres.refusal import Failure, Lost, refused
from pipedreamer.record.postgres.schema import SCHEMA

T = TypeVar("T")

_READERS: Final = 4
_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 30.0
_SETTINGS: Final = {
    "application_name": "pipedreamer",
    "search_path": SCHEMA,
    "jit": "off",
    "synchronous_commit": "off",  # what must be on the disk says so itself
    "statement_timeout": "20s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "enable_seqscan": "off",  # nothing is found by looking at all or by sorting, whatever the statistics say
    "enable_bitmapscan": "off",
}
READING: Final = _SETTINGS | {"plan_cache_mode": "force_custom_plan"}


class Connections:
    """Opened with the first use."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._turn = asyncio.Lock()
        self._making = asyncio.Lock()
        self._writing: Connection | None = None
        self._reading: Any | None = None

    async def write(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        """Have `act` called with the one connection that writes, when it is its turn.

        Where the connection turns out to be lost it is called once more with a new one, so it must not matter whether
        what it writes was written before.
        """
        async with self._turn:
            try:
                return await self._written(act)
            except Lost:
                return await self._written(act, again=True)

    async def read(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        """Have it called with one of several connections, once more where that one turns out to be lost."""
        try:
            return await self._read(act)
        except Lost:
            return await self._read(act, again=True)

    async def close(self) -> None:
        writing, reading = self._writing, self._reading
        self._writing = self._reading = None
        with suppress(*Failure):  # what is lost is closed
            if writing is not None:
                await writing.close(timeout=_CONNECT_S)
        with suppress(*Failure):
            if reading is not None:
                await asyncio.wait_for(reading.close(), _CONNECT_S)

    async def _written(self, act: Callable[[Connection], Awaitable[T]], *, again: bool = False) -> T:
        connection = self._writing
        try:
            if connection is None or connection.is_closed():
                connection = self._writing = await self._connect()
            return await act(connection)
        except Failure as error:
            if connection is not None and not isinstance(error, asyncpg.PostgresError):
                connection.terminate()  # whatever it waits for is not worth waiting for
            if isinstance(error, Lost) and not again:
                raise
            raise refused(self._place, error) from error

    async def _read(self, act: Callable[[Connection], Awaitable[T]], *, again: bool = False) -> T:
        try:
            async with self._making:
                if self._reading is None:
                    self._reading = await self._pool()
            async with self._reading.acquire(timeout=_ANSWER_S) as connection:
                return await act(connection)
        except Failure as error:
            if isinstance(error, Lost) and not again:
                raise
            raise refused(self._place, error) from error

    async def _pool(self) -> Any:
        """One connection is always there, since a first page would wait for it."""
        lasting = {"min_size": 1, "max_size": _READERS, "max_inactive_connection_lifetime": 0, "init": _know_types}
        return await asyncpg.create_pool(self._place.url, **lasting, **_given(READING))

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(self._place.url, **_given(_SETTINGS))
        return connection


async def _know_types(connection: Connection) -> None:
    """A connection asks the server what arrays are when it first meets one, for longer than a page takes."""
    await connection.fetchval("SELECT $1::int[]", [])


def _given(settings: dict[str, str]) -> dict[str, Any]:
    return {"timeout": _CONNECT_S, "command_timeout": _ANSWER_S, "server_settings": settings}
