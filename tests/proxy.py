"""A way to a server that can be cut: at once, as when it is switched off, or silently, as when a cable is pulled."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes bytes between its `port` and a server on loopback; its methods may be called from any thread."""

    def __init__(self, server: int) -> None:
        self.port = 0
        self._server = server
        self._refuses = False
        self._connections: set[asyncio.StreamWriter] = set()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._is_ready.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    def cut(self) -> None:
        """End all connections, and each new one at once."""
        self._loop.call_soon_threadsafe(self._cut)

    def silence(self) -> None:
        """Pass nothing on. What comes meanwhile is passed on late, when it is healed."""
        self._loop.call_soon_threadsafe(self._passes.clear)

    def heal(self) -> None:
        """Pass everything on again."""
        self._loop.call_soon_threadsafe(self._heal)

    def _cut(self) -> None:
        self._refuses = True
        for connection in self._connections:
            connection.transport.abort()

    def _heal(self) -> None:
        self._refuses = False
        self._passes.set()

    async def _serve(self) -> None:
        self._loop, self._is_over, self._passes = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._passes.set()
        async with await asyncio.start_server(self._connected, "127.0.0.1", 0) as listener:
            self.port = listener.sockets[0].getsockname()[1]
            self._is_ready.set()
            await self._is_over.wait()
            self._cut()
            self._passes.set()
            await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        its_reader, its_writer = await asyncio.open_connection("127.0.0.1", self._server)
        both = {writer, its_writer}
        self._connections |= both
        try:
            await asyncio.gather(self._pass_on(reader, its_writer), self._pass_on(its_reader, writer))
        finally:
            self._connections -= both

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@contextmanager
def cuttable(server: int) -> Iterator[Proxy]:
    """A way to the server at this port."""
    proxy = Proxy(server)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
