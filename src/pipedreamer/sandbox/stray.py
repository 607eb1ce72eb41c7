"""What reaches a worker's own stdout and stderr, past Python: whole lines, for no mask knows half of a secret."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pipedreamer.sandbox.protocol import TEXT_LIMIT

AT_ONCE: Final = 65536


class Stray:
    """Reads a pipe that does not block, which whoever made it closes after `end`; `hear` gets lines."""

    def __init__(self, pipe: int, hear: Callable[[str], None]) -> None:
        self._pipe = pipe
        self._hear = hear
        self._rest = b""
        self._loop = asyncio.get_running_loop()

    def begin(self) -> None:
        """Listen, in the running loop."""
        self._loop.add_reader(self._pipe, self._read)

    def end(self) -> None:
        """Tell what came last."""
        self._read()
        if self._rest:
            self._hear(self._rest.decode(errors="replace"))
        self._loop.remove_reader(self._pipe)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            data = os.read(self._pipe, AT_ONCE)
            if not data:
                self._loop.remove_reader(self._pipe)
            whole, newline, rest = (self._rest + data).rpartition(b"\n")
            # What is left of a line too long is never told: it could begin in the middle of a secret.
            self._rest = rest[:TEXT_LIMIT]
            if newline:
                self._hear(whole.decode(errors="replace"))
