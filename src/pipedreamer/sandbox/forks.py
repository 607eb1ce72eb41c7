"""A process on the other side of a control socket that forks others when it is asked to: the zygote, and each cell."""

import asyncio
import errno
import itertools
import os
import socket
from collections.abc import Callable
from typing import Final

from pipedreamer.sandbox.control import Control

FORK_SECONDS: Final = 30


class Forks:
    """Has the other side of a control socket fork, and knows which children have ended and how."""

    def __init__(self, connection: socket.socket, say: Callable[[bytes, list[int]], None] | None = None) -> None:
        self.control = Control(connection, self._take, self._lost)
        self._say = say
        self._numbers = itertools.count(1)
        self._starting: dict[int, asyncio.Future[tuple[int, int]]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def fork(self, descriptors: list[int]) -> tuple[int, int, asyncio.Future[int]]:
        """Process id, pidfd and, in time, the exit code (negative for a signal) of a new child.

        Raises OSError and TimeoutError.
        """
        number = next(self._numbers)
        started = self._starting[number] = asyncio.get_running_loop().create_future()
        try:
            self.control.send(b"%d" % number, descriptors)
            pid, handle = await asyncio.wait_for(started, FORK_SECONDS)
            return pid, handle, self._ended[pid]
        finally:
            self._starting.pop(number, None)

    def _take(self, message: bytes, descriptors: list[int]) -> None:
        kind, _, rest = message.partition(b" ")
        if kind == b"started":
            number, pid = map(int, rest.split())
            self._started(number, pid, descriptors)
        elif kind == b"ended":
            pid, code = map(int, rest.split())
            ended = self._ended.pop(pid, None)
            if ended is not None and not ended.done():
                ended.set_result(code)
        elif self._say is not None:
            self._say(message, descriptors)

    def _started(self, number: int, pid: int, handles: list[int]) -> None:
        waiting = self._starting.pop(number, None)
        if waiting is None or waiting.done():
            for handle in handles:
                os.close(handle)
        elif not handles:
            waiting.set_exception(OSError(errno.EMFILE, "too many open files; raise the limit (ulimit -n)"))
        else:
            self._ended[pid] = asyncio.get_running_loop().create_future()
            waiting.set_result((pid, handles[0]))

    def _lost(self) -> None:
        for waiting in self._starting.values():
            if not waiting.done():
                waiting.set_exception(BrokenPipeError("the process that forks has died"))
        for ended in self._ended.values():
            if not ended.done():
                ended.set_result(-9)
        self._starting.clear()
        self._ended.clear()
        if not self.over.done():
            self.over.set_result(None)
