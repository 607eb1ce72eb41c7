"""How much of the engine's time a worker's words may take: it has one loop for all callers."""

import asyncio
from collections.abc import Callable
from typing import Final

from pipedreamer.sandbox.flight import now_ns

SHARE: Final = 5
"""A worker's words take one part in so many of the engine's time."""
AT_ONCE_NS: Final = 10_000_000
"""So much they may take at once, if there were none for a while."""
FRAME_NS: Final = 2_000
"""What a message takes before anybody hears it."""
MOST_NS: Final = 20_000_000
"""What counts of one message: that a disk stood still is no worker's fault."""
_SHORTEST_S: Final = 0.01


class Pace:
    """Has two ways of hearing a worker, each a `Way`, wait for their turn together."""

    def __init__(self) -> None:
        self._due = 0

    def spend(self, took: int) -> float:
        """Note that something took so many nanoseconds; how many seconds to wait before there is more, often none."""
        now = now_ns()
        self._due = max(self._due, now - AT_ONCE_NS * SHARE) + min(took, MOST_NS) * SHARE
        return max((self._due - now) / 1e9, _SHORTEST_S) if self._due > now else 0.0


class Way:
    """One way in: `stop` and `go_on` are called in turns, until it is `open` for good."""

    def __init__(self, pace: Pace, stop: Callable[[], None], go_on: Callable[[], None]) -> None:
        self._pace = pace
        self._stop = stop
        self._go_on = go_on
        self._loop = asyncio.get_running_loop()
        self._is_open = False
        self.is_stopped = False

    def spend(self, took: int) -> None:
        """Note that something that came this way took so many nanoseconds."""
        wait = self._pace.spend(took)
        if wait and not self.is_stopped and not self._is_open:
            self.is_stopped = True
            self._stop()
            self._loop.call_later(wait, self._resume)

    def open(self) -> None:
        """What is still to come is the last."""
        self._is_open, self.is_stopped = True, False

    def _resume(self) -> None:
        if not self._is_open:
            self.is_stopped = False
            self._go_on()
