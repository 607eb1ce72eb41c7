"""Answers the connects of one worker: the engine decides, connects itself, and puts its socket in place."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Final, Protocol

from pipedreamer.errors import EgressError
from pipedreamer.sandbox.lock.listener import Call, answer, destination, place_holder, put_in_place, receive
from pipedreamer.sandbox.socket_options import carry_over

DNS_PORT: Final = 53
MOST_AT_ONCE: Final = 256
"""Of connects and lookups of one worker; it has no more files open than that."""
_LONGEST_WAIT_S: Final = 130.0
"""About as long as Linux tries by itself."""
_QUERY_IDLE_S: Final = 10.0


class Gateway(Protocol):
    """Who decides where workers may connect to."""

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        """The address to connect to in place of this one. Raises `EgressError` with the reason why not."""

    async def names(self, query: bytes, /) -> bytes:
        """The answer to a DNS query, both as on the wire."""

    async def addresses(self, name: str, /) -> tuple[str, ...]:
        """Addresses that stand for a name. Raises `EgressError` and `NameLookupError`."""


class ClosedGateway:
    """Lets nothing through."""

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        raise EgressError(f"{ip}:{port}: nothing outside is reached from here (in tests: but with --live)")

    async def names(self, query: bytes, /) -> bytes:
        """The query itself, marked as an answer that refuses (RFC 1035, 4.1.1)."""
        return query[:2] + b"\x80\x05" + query[4:]

    async def addresses(self, name: str, /) -> tuple[str, ...]:
        raise EgressError(f"{name}: nothing outside is reached from here (in tests: but with --live)")


class Connects:
    """Listens from its making until `close`, which closes the descriptor; `tell` hears what a thread was refused."""

    def __init__(self, listener: int, process: int, gateway: Gateway, tell: Callable[[int, str], None]) -> None:
        self._listener = listener
        self._process = process
        self._gateway = gateway
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(listener, self._receive)

    def close(self) -> None:
        """Hang up: what still waits fails in the worker, if there is one."""
        if self._listener < 0:
            return
        self._loop.remove_reader(self._listener)
        os.close(self._listener)
        self._listener = -1
        for task in self._tasks:
            task.cancel()

    def _receive(self) -> None:
        try:
            call = receive(self._listener)
        except OSError:
            self.close()  # the worker has gone
            return
        if call is not None:
            self._in_background(self._serve(call))

    def _in_background(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, call: Call) -> None:
        try:
            answer(self._listener, call, await self._connected(call))
        except EgressError as error:
            self._tell(call.thread, f"a connection was refused: {error}")
            answer(self._listener, call, errno.EACCES)
        except OSError as error:
            answer(self._listener, call, error.errno or errno.EIO)

    async def _connected(self, call: Call) -> int:
        """0 when the worker's socket is connected, EINPROGRESS when it is about to be, else why not."""
        ip, port = destination(self._listener, call)
        held, is_prompt, closed_at_exec = place_holder(call, self._process)
        with held:
            if port == DNS_PORT:
                if len(self._tasks) > MOST_AT_ONCE:
                    return errno.EAGAIN
                ours, theirs = socket.socketpair()
                self._in_background(self._answer_names(ours))
                theirs.setblocking(not is_prompt)
                code = 0
            else:
                theirs, code = await self._dial(held, await self._gateway.target(ip, port), is_prompt)
        with theirs:
            if code in (0, errno.EINPROGRESS):
                put_in_place(self._listener, call, theirs.fileno(), closed_at_exec=closed_at_exec)
        return code

    async def _dial(self, held: socket.socket, target: tuple[str, int], is_prompt: bool) -> tuple[socket.socket, int]:
        ours = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET, socket.SOCK_STREAM)
        try:
            carry_over(held, ours)
            ours.setblocking(False)
            if is_prompt:
                return ours, ours.connect_ex(target)
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._loop.sock_connect(ours, target)
        except TimeoutError:
            return ours, errno.ETIMEDOUT
        except OSError as error:
            return ours, error.errno or errno.EIO
        except BaseException:
            ours.close()
            raise
        ours.setblocking(True)
        return ours, 0

    async def _answer_names(self, connection: socket.socket) -> None:
        """Be a name server on this connection: queries of a 16-bit length and so the answers (RFC 1035, 4.2.2)."""
        reader, writer = await asyncio.open_connection(sock=connection)
        try:
            async with asyncio.timeout(_QUERY_IDLE_S):
                while True:
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    said = await self._gateway.names(await reader.readexactly(size))
                    writer.write(len(said).to_bytes(2, "big") + said)
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.transport.abort()  # not close: a peer that never reads would keep what is written
