"""Connections to the server: one for writes, one for the lease, and a few for all else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import asyncpg

from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.place import Place
from pipedreamer.record.postgres.refusal import Failure, Lost, refused
from pipedreamer.record.postgres.schema import SCHEMA
from pipedreamer.record.postgres.single import CLOSE_S, Single

T = TypeVar("T")

_READERS: Final = 4
_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 30.0
_LEASE_S: Final = 2.0
_SETTINGS: Final = {
    "application_name": "pipedreamer",
    "search_path": SCHEMA,
    "jit": "off",
    "synchronous_commit": "on",  # an engine outlives its server, and does not know what that has lost
    "statement_timeout": "20s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "5s",  # others wait so long for an engine that stands still
    "enable_seqscan": "off",  # nothing is found by looking at all or by sorting, whatever the statistics say
    "enable_bitmapscan": "off",
}
READING: Final = _SETTINGS | {"plan_cache_mode": "force_custom_plan"}


class Connections:
    """Opened with the first use."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._making = asyncio.Lock()
        self._writing = Single(place, _given(_SETTINGS, _ANSWER_S))
        self._leasing = Single(place, _given(_SETTINGS, _LEASE_S))
        self._reading: Any | None = None

    async def write(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        """See `Single.use`."""
        return await self._writing.use(act)

    async def lease(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        """The same, waiting for no writer, and not long for the server."""
        too_long = asyncio.get_running_loop().call_later(2 * _LEASE_S, self._leasing.abort)
        try:
            return await self._leasing.use(act)
        finally:
            too_long.cancel()

    async def read(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        """Have it called with one of several connections, once more where that one turns out to be lost."""
        try:
            return await self._read(act)
        except Lost:
            return await self._read(act, again=True)

    def start_anew(self) -> None:
        """Wait no more for what the server does not answer; who waits is served by a new connection."""
        self._writing.abort()
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.terminate()

    async def close(self) -> None:
        reading, self._reading = self._reading, None
        await self._leasing.close()
        await self._writing.close()
        with suppress(*Failure):
            if reading is not None:
                await asyncio.wait_for(reading.close(), CLOSE_S)

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
        return await asyncpg.create_pool(self._place.url, **lasting, **_given(READING, _ANSWER_S))


async def _know_types(connection: Connection) -> None:
    """A connection asks the server what arrays are when it first meets one, for longer than a page takes."""
    await connection.fetchval("SELECT $1::int[]", [])


def _given(settings: dict[str, str], answer: float) -> dict[str, Any]:
    return {"timeout": min(_CONNECT_S, answer), "command_timeout": answer, "server_settings": settings}
