"""The engine's hold on a cell: workers of one policy, in one jail where the machine lets us make one."""

import asyncio
import os
import socket
from typing import Final

import msgspec

from pipedreamer.errors import SandboxError
from pipedreamer.sandbox.forks import Forks
from pipedreamer.sandbox.lock.policy import Held, Policy
from pipedreamer.sandbox.process import Process, start
from pipedreamer.sandbox.scratch import JailScratch, Scratch
from pipedreamer.sandbox.zygote import Zygote

OPEN_SECONDS: Final = 30


class Cell:
    """Made by `open_cell`; `held` tells which layers hold here. `retire` it: it ends with its last worker.

    `jail_scratch` is its /tmp where it has one of its own, `scratch` the folder in place of that.
    """

    def __init__(
        self, policy: Policy, held: Held, forks: Forks, ended: asyncio.Future[int], jail_scratch: JailScratch | None
    ) -> None:
        self.policy = policy
        self.held = held
        self.ended = ended
        self.scratch: Scratch | None = None
        self.jail_scratch = jail_scratch
        self._forks = forks
        self._workers = 0
        self._retired = False
        forks.over.add_done_callback(lambda _: self.close())

    @property
    def alive(self) -> bool:
        return self._forks.control.alive

    @property
    def needs_watching(self) -> bool:
        """Whether the engine, and not the kernel alone, holds a limit here: also when nothing runs."""
        return self.scratch is not None or bool(self.held.data_limit) or not self.held.threads

    async def spawn(self) -> Process:
        """Fork a worker and wait until it is locked. Raises `SandboxError` when that cannot be."""
        self._workers += 1
        try:
            program = self.policy.program is not None
            conduit = self.held.asks_engine(self.policy) and not program
            process = await start(self._forks, conduit=conduit, program=program)
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
        if self.jail_scratch is not None:
            self.jail_scratch.close()
            self.jail_scratch = None


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
    hello: asyncio.Future[tuple[bytes, list[int]]] = asyncio.get_running_loop().create_future()
    forks = Forks(ours, lambda *said: None if hello.done() else hello.set_result(said))
    forks.control.attach()
    try:
        with theirs, os.fdopen(os.memfd_create("policy"), "w+b") as file:
            file.write(msgspec.msgpack.encode(policy))
            file.flush()
            file.seek(0)
            _, handle, ended = await zygote.fork([theirs.fileno(), file.fileno()])
            os.close(handle)
        await asyncio.wait((hello, ended), timeout=OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        message, descriptors = hello.result() if hello.done() else (b"", [])
        kind, _, rest = message.partition(b" ")
    except BaseException:
        forks.control.close()
        raise
    if kind != b"holds":
        forks.control.close()
        raise _RefusedError(rest.decode(errors="replace") or "it ended without a word")
    scratch = JailScratch(descriptors[0]) if descriptors else None
    return Cell(policy, msgspec.json.decode(rest, type=Held), forks, ended, scratch)
