"""The engine's end of a control socket: requests with descriptors go out, answers come in until the other side ends."""

import asyncio
import socket
from collections.abc import Callable


class Control:
    """`take(words, descriptors)` hears every message; `lost()` is called once, when the other side has gone."""

    def __init__(
        self, connection: socket.socket, take: Callable[[bytes, list[int]], None], lost: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._connection.setblocking(False)
        self._take = take
        self._lost = lost
        self.alive = True

    def attach(self) -> None:
        """Begin to listen, in the running loop."""
        asyncio.get_running_loop().add_reader(self._connection, self._receive)

    def send(self, message: bytes, descriptors: list[int]) -> None:
        socket.send_fds(self._connection, [message], descriptors)

    def close(self) -> None:
        """Hang up; the other side ends."""
        if self.alive:
            self.alive = False
            asyncio.get_running_loop().remove_reader(self._connection)
            self._connection.close()

    def _receive(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self._connection, 65536, 1)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if message:
            self._take(message, descriptors)
        else:
            self.close()
            self._lost()
