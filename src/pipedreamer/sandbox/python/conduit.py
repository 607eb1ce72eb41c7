"""Connections of drivers where the kernel cannot ask the engine: Python's own sockets ask it, and get a descriptor.

This is how it is inside gVisor. Drivers written in C open sockets past Python and are refused by the kernel's filter.
"""

import errno
import os
import select
import socket
import threading
from typing import Any, Final

import msgspec

from pipedreamer.sandbox.protocol import ConnectAnswer, ConnectRequest
from pipedreamer.sandbox.socket_options import carry_over

LONGEST: Final = 4096
_PASSIVE_OR_NUMERIC: Final = socket.AI_PASSIVE | socket.AI_NUMERICHOST
_connect_as_before = socket.socket.connect
_look_up_as_before = socket.getaddrinfo


class Conduit:
    """One request at a time; the engine answers each at once, for a connection is only begun."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._turn = threading.Lock()

    def install(self) -> None:
        """Let Python's sockets of TCP connect, and names be looked up, through the engine."""
        conduit = self

        def connect(self: socket.socket, address: Any, /) -> None:
            conduit.connect(self, address)

        def connect_ex(self: socket.socket, address: Any, /) -> int:
            try:
                conduit.connect(self, address)
            except OSError as error:
                if error.errno is None:
                    raise
                return error.errno
            return 0

        socket.socket.connect = connect  # type: ignore[assignment,method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[assignment,method-assign]
        socket.getaddrinfo = self.look_up

    def connect(self, sock: socket.socket, address: Any) -> None:
        """As `socket.connect`, with its errors."""
        if sock.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            _connect_as_before(sock, address)
            return
        host, port = address[:2]
        *_, (ip, *_) = self.look_up(host, port, sock.family, socket.SOCK_STREAM)[0]
        answer, begun = self._ask(ConnectRequest(host=str(ip), port=int(port)))
        if begun is None:
            raise OSError(answer.error, os.strerror(answer.error))
        with begun:
            carry_over(sock, begun)
            os.dup2(begun.fileno(), sock.fileno(), inheritable=False)
        _finish(sock)

    def look_up(
        self,
        host: Any,
        port: Any,
        family: int = 0,
        type: int = 0,  # noqa: A002 - as Python calls it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """As `socket.getaddrinfo`: addresses that stand for a name that is declared."""
        name = host.decode() if isinstance(host, bytes | bytearray) else host
        if not name or flags & _PASSIVE_OR_NUMERIC or _is_address(name):
            return _look_up_as_before(host, port, family, type, proto, flags)
        answer, _ = self._ask(ConnectRequest(host=name, port=0))
        if not answer.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        kind = socket.AF_INET if family in (0, socket.AF_INET) else family
        more = flags | socket.AI_V4MAPPED if kind == socket.AF_INET6 else flags
        found = (_look_up_as_before(ip, port, kind, type, proto, more) for ip in answer.addresses)
        return [entry for entries in found for entry in entries]

    def _ask(self, request: ConnectRequest) -> tuple[ConnectAnswer, socket.socket | None]:
        with self._turn:
            self._connection.sendall(msgspec.msgpack.encode(request))
            said, descriptors, _, _ = socket.recv_fds(self._connection, LONGEST, 1)
        answer = msgspec.msgpack.decode(said, type=ConnectAnswer)
        return answer, socket.socket(fileno=descriptors[0]) if descriptors else None


def _is_address(name: str) -> bool:
    try:
        _look_up_as_before(name, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


def _finish(sock: socket.socket) -> None:
    """Wait for a connection that was begun, as long as the socket would have waited for it."""
    patience = sock.gettimeout()
    os.set_blocking(sock.fileno(), patience is None)
    if patience == 0:
        raise BlockingIOError(errno.EINPROGRESS, os.strerror(errno.EINPROGRESS))
    waiting = select.poll()
    waiting.register(sock.fileno(), select.POLLOUT)
    if not waiting.poll(None if patience is None else patience * 1000):
        raise TimeoutError("timed out")
    if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(code, os.strerror(code))
