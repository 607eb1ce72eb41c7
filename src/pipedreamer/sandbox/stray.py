"""What reaches a worker's own stdout and stderr, past Python: whole lines, for no mask knows half of a secret."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.pace import Pace, Way
from pipedreamer.sandbox.protocol import TEXT_LIMIT

AT_ONCE: Final = 1024
"""In bytes: a line may have as few as two of them."""
ALL: Final = 65536
"""As much as is in a pipe."""
MOST_LAST_LINES: Final = 1_000


class Stray:
    """Reads a pipe that does not block, which whoever made it closes after `end`; `hear` gets lines.

    A worker that writes faster than its pace waits until its pipe has room.
    """

    def __init__(self, pipe: int, hear: Callable[[str], None], pace: Pace) -> None:
        self._pipe = pipe
        self._hear = hear
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._way = Way(pace, self._leave, self.begin)

    def begin(self) -> None:
        """Listen, in the running loop."""
        self._loop.add_reader(self._pipe, self._read)

    def end(self) -> None:
        """Tell what came last: how a process died is said in the end."""
        self._way.open()
        self._leave()
        lines = (self._rest + self._taken(ALL)).splitlines()
        if len(lines) > MOST_LAST_LINES:
            self._hear(f"{len(lines) - MOST_LAST_LINES:,} lines of a worker that has ended were dropped")
        self._hear(b"\n".join(lines[-MOST_LAST_LINES:]).decode(errors="replace"))

    def _leave(self) -> None:
        self._loop.remove_reader(self._pipe)

    def _read(self) -> None:
        began = now_ns()
        whole, newline, rest = (self._rest + self._taken(AT_ONCE)).rpartition(b"\n")
        # What is left of a line too long is never told: it could begin in the middle of a secret.
        self._rest = rest[:TEXT_LIMIT]
        if newline:
            self._hear(whole.decode(errors="replace"))
        self._way.spend(now_ns() - began)

    def _taken(self, size: int) -> bytes:
        data = b""
        with suppress(BlockingIOError):
            data = os.read(self._pipe, size)
            if not data:
                self._leave()
        return data
