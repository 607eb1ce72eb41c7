"""The engine's hold on a cell: workers of one policy, in one jail where the machine lets us make one."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from pipedreamer.errors import SandboxError
from pipedreamer.sandbox.flight import FlightPage
from pipedreamer.sandbox.lock.policy import Held, Policy
from pipedreamer.sandbox.protocol import LOCKED
from pipedreamer.sandbox.scratch import Scratch
from pipedreamer.sandbox.zygote import Forks, Zygote

LOCK_SECONDS: Final = 30
_LONGEST_TROUBLE: Final = 4096


@dataclass(slots=True)
class Process:
    """A locked worker, before anything is said to it; `ended` is its exit code, negative for a signal.

    Where the policy opens sockets, `listener` hears of its connects if the kernel can tell of them, else it asks over
    `conduit`; whoever listens closes these.
    """

    pid: int
    handle: int
    connection: socket.socket
    page: FlightPage
    output: int
    ended: asyncio.Future[int]
    listener: int | None
    conduit: socket.socket | None

    def close(self) -> None:
        """Let go of what the process left behind; the connection is its transport's to close."""
        os.close(self.handle)
        os.close(self.output)
        self.page.close()


class Cell:
    """Made by `open_cell`; `held` tells which layers hold here. `retire` it: it ends with its last worker."""

    def __init__(self, policy: Policy, held: Held, forks: Forks, ended: asyncio.Future[int]) -> None:
        self.policy = policy
        self.held = held
        self.ended = ended
        self.scratch: Scratch | None = None
        self._forks = forks
        self._workers = 0
        self._retired = False

    @property
    def alive(self) -> bool:
        return self._forks.control.alive

    async def spawn(self) -> Process:
        """Fork a worker and wait until it is locked. Raises `SandboxError` when that cannot be."""
        self._workers += 1
        try:
            process = await self._spawn()
        except BaseException as error:
            self._let_go()
            if isinstance(error, OSError | TimeoutError):
                raise SandboxError(f"a worker process could not be started: {str(error) or 'no answer'}") from error
            raise
        process.ended.add_done_callback(lambda _: self._let_go())
        return process

    def retire(self) -> None:
        """End as soon as no worker is left."""
        self._retired = True
        self._end_if_empty()

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
            given = [theirs.fileno(), page.descriptor, output_end]
            conduit = None
            if self.held.asks_engine(self.policy):
                conduit, conduit_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                kept.callback(conduit.close)
                handed_over.callback(conduit_end.close)
                given.append(conduit_end.fileno())
            pid, handle, ended = await self._forks.fork(given)
            kept.callback(os.close, handle)
            handed_over.close()
            try:
                listener = await asyncio.wait_for(_locked(ours, output), LOCK_SECONDS)
            except BaseException:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                raise
            kept.pop_all()
            return Process(pid, handle, ours, page, output, ended, listener, conduit)

    def _let_go(self) -> None:
        self._workers -= 1
        self._end_if_empty()

    def _end_if_empty(self) -> None:
        if self._retired and not self._workers:
            self.close()

    def close(self) -> None:
        """End at once, and with it every worker that is left."""
        self._forks.control.close()
        if self.scratch is not None:
            self.scratch.remove()


async def open_cell(zygote: Zygote, policy: Policy) -> Cell:
    """A cell for this policy; where namespaces are refused, one without, whose `held` says so.

    Raises `SandboxError` when it cannot be made at all.
    """
    refused = "left out"
    try:
        if policy.namespaces:
            try:
                return await _open_cell(zygote, policy)
            except _RefusedError as error:
                refused = str(error)
        return await _open_without_namespaces(zygote, policy, refused)
    except _RefusedError as error:
        raise SandboxError(f"the sandbox cannot be made: {error}") from error
    except (OSError, TimeoutError) as error:
        raise SandboxError(f"a worker process could not be started: {str(error) or 'no answer'}") from error


async def _open_without_namespaces(zygote: Zygote, policy: Policy, refused: str) -> Cell:
    scratch = Scratch(None if policy.write else policy.uid, policy.scratch_size)
    without = msgspec.structs.replace(policy, namespaces=False, scratch=scratch.path)
    try:
        cell = await _open_cell(zygote, without)
    except BaseException:
        scratch.remove()
        raise
    cell.policy, cell.scratch = policy, scratch
    cell.held = msgspec.structs.replace(cell.held, namespaces=refused)
    return cell


class _RefusedError(Exception):
    """The kernel does not let a cell be made like this."""


async def _open_cell(zygote: Zygote, policy: Policy) -> Cell:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    forks = Forks(ours, lambda message: None if hello.done() else hello.set_result(message))
    forks.control.attach()
    try:
        with theirs, os.fdopen(os.memfd_create("policy"), "w+b") as file:
            file.write(msgspec.msgpack.encode(policy))
            file.flush()
            file.seek(0)
            _, handle, ended = await zygote.fork([theirs.fileno(), file.fileno()])
            os.close(handle)
        await asyncio.wait((hello, ended), timeout=LOCK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        kind, _, rest = hello.result().partition(b" ") if hello.done() else (b"", b"", b"")
    except BaseException:
        forks.control.close()
        raise
    if kind != b"holds":
        forks.control.close()
        raise _RefusedError(rest.decode(errors="replace") or "it ended without a word")
    return Cell(policy, msgspec.json.decode(rest, type=Held), forks, ended)


async def _locked(connection: socket.socket, output: int) -> int | None:
    """Wait for a worker's first byte; the listener that came with it. Raises OSError when it has ended instead."""
    async with _readable(connection):
        message, descriptors, _, _ = socket.recv_fds(connection, 1, 1)
    if message != LOCKED:
        said = b""
        with suppress(BlockingIOError):
            said = os.read(output, _LONGEST_TROUBLE)
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(0, f"it could not lock itself: {last or 'it ended without a word'}")
    return descriptors[0] if descriptors else None


@asynccontextmanager
async def _readable(connection: socket.socket) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
        loop.remove_reader(connection)
        yield
    finally:
        loop.remove_reader(connection)
