"""One connection to the server, made anew when it is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import asyncpg

from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.place import Place
from pipedreamer.record.postgres.refusal import Failure, Lost, refused

T = TypeVar("T")
CLOSE_S = 10.0


class Single:
    """For one use at a time; opened with the first, as `given` says."""

    def __init__(self, place: Place, given: dict[str, Any]) -> None:
        self._place = place
        self._given = given
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None

    async def use(self, act: Callable[[Connection], Awaitable[T]]) -> T:
        """Have `act` called with it, when it is its turn.

        Where the connection turns out to be lost it is called once more with a new one, so it must not matter whether
        what it writes was written before.
        """
        async with self._turn:
            try:
                return await self._used(act)
            except Lost:
                return await self._used(act, again=True)

    def abort(self) -> None:
        """Whoever uses it is served by a new one."""
        if self._connection is not None:
            self._connection.terminate()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        with suppress(*Failure):  # what is lost is closed
            if connection is not None:
                await connection.close(timeout=CLOSE_S)

    async def _used(self, act: Callable[[Connection], Awaitable[T]], *, again: bool = False) -> T:
        connection = self._connection
        try:
            if connection is None or connection.is_closed():
                connection = self._connection = await asyncpg.connect(self._place.url, **self._given)
            return await act(connection)
        except Failure as error:
            if connection is not None and not isinstance(error, asyncpg.PostgresError):
                connection.terminate()  # whatever it waits for is not worth waiting for
            if isinstance(error, Lost) and not again:
                raise
            raise refused(self._place, error) from error
