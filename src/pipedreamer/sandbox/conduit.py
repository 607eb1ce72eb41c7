"""The engine's end of a conduit: begins connections for one worker where the kernel does not ask about its connects."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress

import msgspec

from pipedreamer.errors import EgressError, NameLookupError
from pipedreamer.sandbox.connects import Gateway
from pipedreamer.sandbox.protocol import ConnectAnswer, ConnectRequest

LONGEST = 4096
_decode = msgspec.msgpack.Decoder(ConnectRequest).decode


class Conduit:
    """Listens from its making until `close`. A worker asks one thing at a time; more waits unread.

    `tell` hears what was refused; the 0 beside it stands for a thread that is not known.
    """

    def __init__(self, connection: socket.socket, gateway: Gateway, tell: Callable[[int, str], None]) -> None:
        self._connection = connection
        self._gateway = gateway
        self._tell = tell
        connection.setblocking(False)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def close(self) -> None:
        """Hang up."""
        self._task.cancel()
        self._task.add_done_callback(lambda _: self._connection.close())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError, msgspec.DecodeError):  # the worker has gone, or talks nonsense: it gets no more answers
            while request := await loop.sock_recv(self._connection, LONGEST):
                asked = _decode(request)
                answer, begun = await self._answer(asked)
                descriptors = [begun.fileno()] if begun else []
                socket.send_fds(self._connection, [msgspec.msgpack.encode(answer)], descriptors)
                if begun:
                    begun.close()

    async def _answer(self, asked: ConnectRequest) -> tuple[ConnectAnswer, socket.socket | None]:
        try:
            if not asked.port:
                return ConnectAnswer(0, await self._gateway.addresses(asked.host)), None
            begun, code = _begin(*await self._gateway.target(asked.host, asked.port))
            return ConnectAnswer(code), begun
        except EgressError as error:
            if asked.port:  # of names the gateway tells itself
                self._tell(0, f"a connection was refused: {error}")
            return ConnectAnswer(errno.EACCES), None
        except NameLookupError:
            return ConnectAnswer(errno.ENOENT), None
        except OSError as error:
            return ConnectAnswer(error.errno or errno.EIO), None


def _begin(ip: str, port: int) -> tuple[socket.socket | None, int]:
    """A socket that is being connected, or None and why not."""
    begun = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
    begun.setblocking(False)
    code = begun.connect_ex((ip, port))
    if code in (0, errno.EINPROGRESS):
        return begun, 0
    begun.close()
    return None, code
