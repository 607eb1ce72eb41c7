"""Connections of nodes that were refused: each is said once a minute, and how often it was tried again."""

import asyncio
from collections.abc import Callable
from typing import Final

APART_S: Final = 60.0
MOST: Final = 64
"""So many of a minute are told apart."""


class Refusals:
    """`again` hears of a node and its refusal, with the count, when the minute is over."""

    def __init__(self, again: Callable[[str, str], None]) -> None:
        self._again = again
        self._counts: dict[tuple[str, str], int] = {}
        self._others = 0
        self._timer: asyncio.TimerHandle | None = None

    def is_new(self, node: str, text: str) -> bool:
        """Whether this is to be said now; if not, it is counted."""
        about = (node, text)
        if about in self._counts:
            self._counts[about] += 1
            return False
        if len(self._counts) >= MOST:
            self._others += 1
            return False
        self._counts[about] = 0
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(APART_S, self.flush)
        return True

    def flush(self) -> None:
        """Say what was counted, and begin anew."""
        if self._timer is not None:
            self._timer.cancel()
        counts, others = self._counts, self._others
        self._counts, self._others, self._timer = {}, 0, None
        for (node, text), count in counts.items():
            if count:
                self._again(node, f"{text} ({count:,} more within a minute)")
        if others:
            self._again("", f"{others:,} more connections were refused, to more than {MOST} destinations")
