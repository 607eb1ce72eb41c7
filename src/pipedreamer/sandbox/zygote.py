"""The engine's hold on the zygote: a small trusted process, free of secrets, from which all workers descend."""

import asyncio
import errno
import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson

import pipedreamer
from pipedreamer.errors import SandboxError
from pipedreamer.sandbox.control import Control

FORK_SECONDS = 30


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


class Zygote:
    """Started at once, so that it warms up while the engine still imports; the first `fork` binds it to a loop.

    When it dies, all that descend from it die with it (the kernel sees to that).
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        boot = Path(__file__).parent / "python" / "boot.py"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(boot), *_import_folders()],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"the worker's parent process cannot be started: {error}") from error
        finally:
            theirs.close()
        self._connection = ours
        self._forks: Forks | None = None

    @property
    def alive(self) -> bool:
        """False once it has died; not yet noticed before the first `fork`."""
        return self._forks is None or self._forks.control.alive

    async def fork(self, descriptors: list[int]) -> tuple[int, int, asyncio.Future[int]]:
        """A new cell's process id, pidfd and exit code. Raises OSError and TimeoutError."""
        if self._forks is None:
            self._forks = Forks(self._connection)
            self._forks.control.attach()
            self._forks.over.add_done_callback(lambda _: self._bury())
        return await self._forks.fork(descriptors)

    def _bury(self) -> None:
        """It has hung up, so that it is dead or dying: leave no defunct process behind."""
        self._process.kill()
        asyncio.get_running_loop().run_in_executor(None, self._process.wait)

    def close(self) -> None:
        """End the zygote and, with it, every worker that is left."""
        if self._forks is not None:
            self._forks.control.close()
        self._connection.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Zygotes:
    """The zygote in use, which several pools share; a dead one is replaced."""

    def __init__(self, first: Zygote | None = None) -> None:
        self._zygote = first or Zygote()

    def living(self) -> Zygote:
        """One that lives. Raises `SandboxError` when none can be started."""
        if not self._zygote.alive:
            self._zygote = Zygote()
        return self._zygote

    def close(self) -> None:
        """End it, after the pools."""
        self._zygote.close()


def _import_folders() -> list[str]:
    """Where the worker's own trusted libraries are: with `-S` it would not find them."""
    packages = (pipedreamer, msgspec, orjson)
    return list(dict.fromkeys(str(Path(package.__file__ or "").parent.parent) for package in packages))
