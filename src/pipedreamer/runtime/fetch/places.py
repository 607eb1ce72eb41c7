"""How many fetches are open at once; the others wait in line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.limits import FetchLimits


@dataclass(slots=True)
class _Line:
    """The fetches of one worker: those that are open, and how many bytes those that wait hold in memory."""

    places: asyncio.Semaphore
    open: int = 0
    waiting: int = 0
    bytes_waiting: int = 0


class Places:
    """Gives out places, first come first served; a worker never has more than its share, nor waits without end.

    So a worker that asks for thousands of fetches leaves room for the others, and the engine's memory is bounded.
    """

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._places = asyncio.Semaphore(limits.at_once)
        self._lines: dict[object, _Line] = {}

    @property
    def workers(self) -> int:
        """How many workers have fetches that are open or wait."""
        return len(self._lines)

    async def take(self, worker: object, size: int) -> Callable[[], None]:
        """Waits for a place and gives what gives it back; `size` is what the request holds, in bytes.

        Raises FetchError where too many of this worker wait already.
        """
        line = self._lines.setdefault(worker, _Line(asyncio.Semaphore(self._limits.at_once_a_worker)))
        if line.waiting and (
            line.waiting >= self._limits.waiting or line.bytes_waiting + size > self._limits.bytes_waiting
        ):
            raise FetchError(f"{line.waiting} fetches of this worker are waiting already: begin fewer at once")
        line.waiting += 1
        line.bytes_waiting += size
        try:
            await self._both(line)
            line.open += 1
        finally:
            line.waiting -= 1
            line.bytes_waiting -= size
            self._forget(worker, line)
        return lambda: self._release(worker, line)

    async def _both(self, line: _Line) -> None:
        await line.places.acquire()
        try:
            await self._places.acquire()
        except BaseException:
            line.places.release()
            raise

    def _release(self, worker: object, line: _Line) -> None:
        self._places.release()
        line.places.release()
        line.open -= 1
        self._forget(worker, line)

    def _forget(self, worker: object, line: _Line) -> None:
        if not line.open and not line.waiting:
            self._lines.pop(worker, None)
