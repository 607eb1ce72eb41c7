"""A worker process, from being forked to being locked."""

import asyncio
import os
import signal
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final

from pipedreamer.sandbox.flight import FlightPage
from pipedreamer.sandbox.forks import Forks
from pipedreamer.sandbox.protocol import LOCKED

LOCK_SECONDS: Final = 30
_LONGEST_TROUBLE: Final = 4096


@dataclass(slots=True)
class Process:
    """A locked worker, before anything is said to it; `ended` is its exit code, negative for a signal.

    `sheet` is where another program notes its attempts. Where the policy opens sockets, `listener` hears of its
    connects if the kernel can tell of them, else it asks over `conduit`; whoever listens closes these.
    """

    pid: int
    handle: int
    connection: socket.socket
    page: FlightPage
    output: int
    ended: asyncio.Future[int]
    sheet: int | None
    listener: int | None
    conduit: socket.socket | None

    def close(self) -> None:
        """Let go of what the process left behind; the connection is its transport's to close."""
        os.close(self.handle)
        os.close(self.output)
        self.page.close()
        if self.sheet is not None:
            os.close(self.sheet)


@dataclass(slots=True)
class _Ends:
    """Our ends of what connects us with a worker, and the descriptors that it is given."""

    connection: socket.socket
    page: FlightPage
    output: int
    conduit: socket.socket | None
    given: list[int]


async def start(forks: Forks, *, conduit: bool, program: bool) -> Process:
    """Fork a worker and wait until it is locked. Raises OSError and TimeoutError."""
    with ExitStack() as ours, ExitStack() as theirs:
        ends = _make(ours, theirs, conduit)
        pid, handle, ended = await forks.fork(ends.given)
        ours.callback(os.close, handle)
        theirs.close()
        try:
            came = await asyncio.wait_for(_locked(ends.connection, ends.output), LOCK_SECONDS)
        except BaseException:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            raise
        ours.pop_all()
        sheet = came.pop(0) if program else None
        listener = came.pop() if came else None
        return Process(pid, handle, ends.connection, ends.page, ends.output, ended, sheet, listener, ends.conduit)


def _make(ours: ExitStack, theirs: ExitStack, conduit: bool) -> _Ends:
    page = FlightPage()
    ours.callback(page.close)
    theirs.callback(page.release)
    connection = _pair(ours, theirs, socket.SOCK_STREAM)
    output, output_end = os.pipe()
    ours.callback(os.close, output)
    theirs.callback(os.close, output_end)
    os.set_blocking(output, False)
    ends = _Ends(connection[0], page, output, None, [connection[1].fileno(), page.descriptor, output_end])
    if conduit:
        ends.conduit, conduit_end = _pair(ours, theirs, socket.SOCK_SEQPACKET)
        ends.given.append(conduit_end.fileno())
    return ends


def _pair(ours: ExitStack, theirs: ExitStack, kind: int) -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair(socket.AF_UNIX, kind)
    ours.callback(one.close)
    theirs.callback(other.close)
    one.setblocking(False)
    return one, other


async def _locked(connection: socket.socket, output: int) -> list[int]:
    """Wait for a worker's first byte; the descriptors that came with it. Raises OSError when it has ended instead."""
    await _readable(connection)
    message, descriptors, _, _ = socket.recv_fds(connection, 1, 2)
    if message != LOCKED:
        said = b""
        with suppress(BlockingIOError):
            said = os.read(output, _LONGEST_TROUBLE)
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(0, f"it could not lock itself: {last or 'it ended without a word'}")
    return descriptors


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(connection)
