"""The engine's hold on a zygote: a small trusted process, free of secrets, that forks workers on request."""

import asyncio
import errno
import itertools
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import orjson

import pipedreamer
from pipedreamer.errors import SandboxError
from pipedreamer.sandbox.flight import FlightPage

SPAWN_SECONDS = 30


@dataclass(slots=True)
class Process:
    """A forked worker, before anything is said to it; `ended` is its exit code, negative for a signal."""

    pid: int
    handle: int
    connection: socket.socket
    page: FlightPage
    output: int
    ended: asyncio.Future[int]

    def close(self) -> None:
        """Let go of what the process left behind; the connection is its transport's to close."""
        os.close(self.handle)
        os.close(self.output)
        self.page.close()


class Zygote:
    """Started at once on construction, so that it warms up while the engine still imports; `attach` it to a loop.

    When it dies its workers die with it (the kernel sees to that), and `alive` turns false.
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
        self._control = ours
        self._control.setblocking(False)
        self._numbers = itertools.count(1)
        self._starting: dict[int, asyncio.Future[tuple[int, int]]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}
        self.alive = True

    def attach(self) -> None:
        """Begin to listen, in the running loop."""
        asyncio.get_running_loop().add_reader(self._control, self._receive)

    async def spawn(self) -> Process:
        """Fork a worker. Raises `SandboxError` when the zygote is gone, does not answer, or files run out."""
        try:
            return await self._spawn()
        except (OSError, TimeoutError) as error:
            raise SandboxError(f"a worker process could not be started: {str(error) or 'no answer'}") from error

    async def _spawn(self) -> Process:
        with ExitStack() as kept, ExitStack() as handed_over:
            page = FlightPage()
            kept.callback(page.close)
            handed_over.callback(page.release)
            ours, theirs = socket.socketpair()
            kept.callback(ours.close)
            handed_over.callback(theirs.close)
            output, output_end = os.pipe()
            kept.callback(os.close, output)
            handed_over.callback(os.close, output_end)
            ours.setblocking(False)
            os.set_blocking(output, False)
            pid, handle = await self._fork([theirs.fileno(), page.descriptor, output_end])
            kept.pop_all()
            return Process(pid, handle, ours, page, output, self._ended[pid])

    async def _fork(self, descriptors: list[int]) -> tuple[int, int]:
        number = next(self._numbers)
        started = self._starting[number] = asyncio.get_running_loop().create_future()
        try:
            socket.send_fds(self._control, [b"%d" % number], descriptors)
            return await asyncio.wait_for(started, SPAWN_SECONDS)
        finally:
            self._starting.pop(number, None)

    def close(self) -> None:
        """End the zygote and, with it, every worker that is left."""
        if self.alive:
            self.alive = False
            asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self) -> None:
        try:
            message, handles, _, _ = socket.recv_fds(self._control, 4096, 1)
        except BlockingIOError:
            return
        except OSError:
            message, handles = b"", []
        if not message:
            self._lost()
            return
        kind, first, second = message.split()
        if kind == b"started":
            self._started(int(first), int(second), handles)
        else:
            ended = self._ended.pop(int(first), None)
            if ended is not None and not ended.done():
                ended.set_result(int(second))

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
        self.alive = False
        asyncio.get_running_loop().remove_reader(self._control)
        self._process.wait()
        for waiting in self._starting.values():
            if not waiting.done():
                waiting.set_exception(BrokenPipeError("the zygote has died"))
        for ended in self._ended.values():
            if not ended.done():
                ended.set_result(-9)
        self._starting.clear()
        self._ended.clear()
        self._control.close()


def _import_folders() -> list[str]:
    """Where the worker's own trusted libraries are: with `-S` it would not find them."""
    packages = (pipedreamer, msgspec, orjson)
    return list(dict.fromkeys(str(Path(package.__file__ or "").parent.parent) for package in packages))
