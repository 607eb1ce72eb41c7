"""Carries fetches between workers and the broker: bodies flow piece by piece, never further than the worker reads."""

import asyncio
from contextlib import suppress

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.broker import Answer, Broker
from pipedreamer.sandbox.jobs import Sender
from pipedreamer.sandbox.protocol import (
    FETCH_WINDOW,
    Fetch,
    FetchData,
    FetchFailed,
    FetchHead,
    FetchMore,
    FetchStop,
)

PIECE = 256 * 1024


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
        self._tasks: dict[tuple[Sender, int], tuple[asyncio.Task[None], _Credit]] = {}

    def take(self, sender: Sender, message: Fetch | FetchMore | FetchStop) -> None:
        """A frame from a worker."""
        key = (sender, message.id)
        if isinstance(message, Fetch):
            if key not in self._tasks:
                credit = _Credit()
                task = asyncio.get_running_loop().create_task(self._serve(sender, message, credit))
                self._tasks[key] = (task, credit)
                task.add_done_callback(lambda _: self._tasks.pop(key, None))
        elif key in self._tasks:
            task, credit = self._tasks[key]
            if isinstance(message, FetchMore):
                credit.add(message.taken)
            else:
                task.cancel()

    def gone(self, sender: Sender) -> None:
        """This worker is lost: nobody waits for its fetches."""
        for (owner, _), (task, _) in list(self._tasks.items()):
            if owner is sender:
                task.cancel()

    async def close(self) -> None:
        for task, _ in list(self._tasks.values()):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.broker.close()

    async def _serve(self, sender: Sender, request: Fetch, credit: _Credit) -> None:
        try:
            async with self.broker.open(request, sender) as answer:
                sender.send(
                    FetchHead(id=request.id, status=answer.status, url=answer.url, headers=tuple(answer.headers))
                )
                await self._body(sender, request.id, answer, credit)
            sender.send(FetchData(id=request.id, data=b"", last=True))
        except FetchError as error:
            sender.send(FetchFailed(id=request.id, message=str(error)))

    async def _body(self, sender: Sender, number: int, answer: Answer, credit: _Credit) -> None:
        async for chunk in answer.chunks():
            for start in range(0, len(chunk), PIECE):
                piece = bytes(chunk[start : start + PIECE])
                await credit.spend(len(piece))
                sender.send(FetchData(id=number, data=piece, last=False))
