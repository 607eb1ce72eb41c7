"""Counts tokens that nobody has, so that guessing is noticed and its answers become short.

Only wrong tokens are counted and refused by it: whoever shows a right one gets in whatever others do.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

logger = logging.getLogger("pipedreamer.engine")

WINDOW_S: Final = 60.0
MOST: Final = 60


class Guesses:
    """`clock` gives seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        self._count = 0

    def another(self) -> int:
        """Count one; the seconds after which to ask again where there were too many, else 0."""
        now = self._clock()
        if now >= self._until:
            self._until, self._count = now + WINDOW_S, 0
        self._count += 1
        if self._count <= MOST:
            return 0
        if self._count == MOST + 1:
            logger.warning("%d unknown tokens within a minute; the next ones are answered with 429", MOST)
        return int(self._until - now) + 1
