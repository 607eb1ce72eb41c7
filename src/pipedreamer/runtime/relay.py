"""Carries fetches between workers and the broker: bodies flow piece by piece, never further than the worker reads."""

import asyncio
from contextlib import suppress

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.broker import Answer, Broker
from pipedreamer.sandbox.jobs import Sender
from pipedreamer.sandbox.protocol import (
    FETCH_WINDOW,
    MOST_FETCHES,
    Fetch,
    FetchData,
    FetchFailed,
    FetchHead,
    FetchMore,
    FetchStop,
)

PIECE = 256 * 1024
MOST = 2 * MOST_FETCHES
"""Of one worker: more than any has that keeps to what it may."""


class _Credit:
    """How many bytes may still be sent before the worker has taken some."""

    def __init__(self) -> None:
        self._left = FETCH_WINDOW
        self._changed = asyncio.Event()

    async def spend(self, size: int) -> None:
        while self._left <= 0:
            self._changed.clear()
            await self._changed.wait()
        self._left -= size

    def add(self, size: int) -> None:
        self._left = min(FETCH_WINDOW, self._left + size)
        self._changed.set()


class FetchRelay:
    """All fetches of an engine, each a task, known by the worker and the worker's number for it."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._under_way: dict[Sender, dict[int, tuple[asyncio.Task[None], _Credit]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, sender: Sender, message: Fetch | FetchMore | FetchStop) -> None:
        """A frame from a worker. Raises `ValueError` when it has too many under way."""
        mine = self._under_way.setdefault(sender, {})
        if isinstance(message, Fetch):
            if message.id not in mine:
                self._begin(sender, message, mine)
        elif message.id in mine:
            task, credit = mine[message.id]
            if isinstance(message, FetchMore):
                credit.add(message.taken)
            else:
                del mine[message.id]
                task.cancel()

    def gone(self, sender: Sender) -> None:
        """This worker is lost: nobody waits for its fetches."""
        for task, _ in self._under_way.pop(sender, {}).values():
            task.cancel()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.broker.close()

    def _begin(self, sender: Sender, request: Fetch, mine: dict[int, tuple[asyncio.Task[None], _Credit]]) -> None:
        if len(mine) >= MOST:
            raise ValueError(f"more than {MOST:,} fetches are under way")
        credit = _Credit()
        task = asyncio.get_running_loop().create_task(self._serve(sender, request, credit))
        mine[request.id] = task, credit
        self._tasks.add(task)

        def ended(_: object) -> None:
            self._tasks.discard(task)
            if request.id in mine and mine[request.id][0] is task:
                del mine[request.id]

        task.add_done_callback(ended)

    async def _serve(self, sender: Sender, request: Fetch, credit: _Credit) -> None:
        """A fetch is under way until the worker reads its answer, which must not gather here."""
        try:
            async with self.broker.open(request, sender) as answer:
                head = FetchHead(id=request.id, status=answer.status, url=answer.url, headers=tuple(answer.headers))
                await _tell(sender, head)
                await self._body(sender, request.id, answer, credit)
            await _tell(sender, FetchData(id=request.id, data=b"", last=True))
        except FetchError as error:
            await _tell(sender, FetchFailed(id=request.id, message=str(error)))

    async def _body(self, sender: Sender, number: int, answer: Answer, credit: _Credit) -> None:
        async for chunk in answer.chunks():
            for start in range(0, len(chunk), PIECE):
                piece = bytes(chunk[start : start + PIECE])
                await credit.spend(len(piece))
                await _tell(sender, FetchData(id=number, data=piece, last=False))


async def _tell(sender: Sender, message: FetchHead | FetchData | FetchFailed) -> None:
    await sender.drained()
    sender.send(message)
