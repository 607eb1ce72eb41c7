"""How many fetches are open at once; the others wait in line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.fetch.limits import FetchLimits


@dataclass(slots=True)
class _Line:
    """The fetches of one worker: those that are open, those that wait, and the bytes that they all hold."""

    places: asyncio.Semaphore
    open: int = 0
    waiting: int = 0
    bytes_held: int = 0


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

        Raises FetchError where this worker has too much under way already.
        """
        line = self._lines.setdefault(worker, _Line(asyncio.Semaphore(self._limits.at_once_a_worker)))
        self._check_room(line, size)
        line.waiting += 1
        line.bytes_held += size
        try:
            await self._both(line)
        except BaseException:
            line.waiting -= 1
            self._let_go(worker, line, size)
            raise
        line.waiting -= 1
        line.open += 1
        return lambda: self._release(worker, line, size)

    def _check_room(self, line: _Line, size: int) -> None:
        if line.waiting >= self._limits.waiting:
            raise FetchError(f"{line.waiting} fetches of this worker are waiting already: begin fewer at once")
        if line.bytes_held and line.bytes_held + size > self._limits.bytes_held:
            raise FetchError(
                f"the requests of this worker that are under way hold {line.bytes_held} bytes already: "
                "begin fewer at once"
            )

    async def _both(self, line: _Line) -> None:
        await line.places.acquire()
        try:
            await self._places.acquire()
        except BaseException:
            line.places.release()
            raise

    def _release(self, worker: object, line: _Line, size: int) -> None:
        self._places.release()
        line.places.release()
        line.open -= 1
        self._let_go(worker, line, size)

    def _let_go(self, worker: object, line: _Line, size: int) -> None:
        line.bytes_held -= size
        if not line.open and not line.waiting:
            self._lines.pop(worker, None)
