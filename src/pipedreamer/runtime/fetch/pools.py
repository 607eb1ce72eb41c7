"""Connections kept for the next fetch, one pool for each CA that is trusted."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpcore

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.dial import Dial
from pipedreamer.runtime.fetch.resolve import Resolve
from pipedreamer.runtime.fetch.trust import trust

CAS_KEPT: Final = 8
"""How many CAs of nodes' own have their pool kept open, besides the usual one."""
IDLE_KEPT: Final = 64
KEEP_ALIVE_S: Final = 5.0
"""Shorter than what servers and load balancers keep an idle connection for."""


@dataclass(eq=False, slots=True)
class Pool:
    """Connections that trust one CA, and how many fetches are using them."""

    connections: httpcore.AsyncConnectionPool
    users: int = 0
    is_retired: bool = False


class Pools:
    """Lends a pool for one fetch; a retired pool is closed when its last fetch has ended."""

    def __init__(self, resolve: Resolve) -> None:
        # At their debug level these print every header, credentials too.
        for name in ("httpcore", "hpack", "h2"):
            logging.getLogger(name).setLevel(logging.INFO)
        self._resolve = resolve
        self._pools: OrderedDict[str | None, Pool] = OrderedDict()
        self._open: set[Pool] = set()
        self._making = asyncio.Lock()
        self._is_closed = False

    @asynccontextmanager
    async def lend(self, ca: str | None) -> AsyncIterator[Pool]:
        """The pool for this CA (PEM); raises FetchError where it is no certificate."""
        if self._is_closed:
            raise FetchError("the engine is stopping: no fetch is begun any more")
        pool = await self._pool(ca)
        pool.users += 1
        try:
            yield pool
        finally:
            pool.users -= 1
            if pool.is_retired and not pool.users:
                await self._close(pool)

    async def retire(self, pool: Pool) -> None:
        """Lend this pool to nobody any more.

        For HTTP/2: httpcore does not tell the server that an answer was given up, so its rest would go on filling the
        connection's window, from which all answers on it are fed.
        """
        pool.is_retired = True
        self._pools = OrderedDict((ca, kept) for ca, kept in self._pools.items() if kept is not pool)
        if not pool.users:
            await self._close(pool)

    async def replace(self, resolve: Resolve) -> None:
        """Connect to what this one says from now on; fetches under way keep the connections they have."""
        self._resolve = resolve
        for pool in list(self._pools.values()):
            await self.retire(pool)

    async def close(self) -> None:
        """Close every connection, also those in use."""
        self._is_closed = True
        self._pools.clear()
        for pool in list(self._open):
            await self._close(pool)

    async def _pool(self, ca: str | None) -> Pool:
        async with self._making:
            if ca not in self._pools:
                context = await asyncio.to_thread(trust, ca)
                connections = httpcore.AsyncConnectionPool(
                    ssl_context=context,
                    max_connections=None,
                    max_keepalive_connections=IDLE_KEPT,
                    keepalive_expiry=KEEP_ALIVE_S,
                    http2=True,
                    network_backend=Dial(self._resolve),
                )
                self._pools[ca] = Pool(connections)
                self._open.add(self._pools[ca])
            self._pools.move_to_end(ca)
            pool = self._pools[ca]
            own = [key for key in self._pools if key is not None]
            for key in own[:-CAS_KEPT]:
                await self.retire(self._pools[key])
            return pool

    async def _close(self, pool: Pool) -> None:
        self._open.discard(pool)
        await pool.connections.aclose()
