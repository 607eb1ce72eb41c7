"""How a fetch gets its connection: addresses by the `Resolve` seam, then the first of them that answers."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

import httpcore

from pipedreamer.runtime.fetch.resolve import Resolve

HEAD_START_S: Final = 0.25
"""How long an address is tried alone before the next one is tried beside it (RFC 8305)."""


class Dial(httpcore.AsyncNetworkBackend):
    """Connects to what `resolve` says and to nothing else."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._tcp = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return await self._first(await self._resolve(host, port))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error

    async def _first(self, addresses: Sequence[tuple[str, int]]) -> httpcore.AsyncNetworkStream:
        waiting = list(addresses)
        trying: set[asyncio.Task[httpcore.AsyncNetworkStream]] = set()
        failure: BaseException = httpcore.ConnectError("the name has no address")
        try:
            while waiting or trying:
                if waiting:
                    trying.add(asyncio.create_task(self._tcp.connect_tcp(*waiting.pop(0))))
                head_start = HEAD_START_S if waiting else None
                done, _ = await asyncio.wait(trying, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    trying.discard(task)
                    if (problem := task.exception()) is None:
                        return task.result()
                    failure = problem
        finally:
            await _abandon(trying)
        raise failure


async def _abandon(tasks: set[asyncio.Task[httpcore.AsyncNetworkStream]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, httpcore.AsyncNetworkStream):
            await outcome.aclose()
