"""Real servers on loopback for the broker to talk to: HTTP/1.1 written out byte by byte, and HTTP/2."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import h2.config
import h2.connection
import h2.events

from pipedreamer.sandbox.protocol import Fetch


@dataclass(frozen=True)
class Received:
    """A request as it came; `connection` counts from 1."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Handler = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Where a server listens and what reached it."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    closed: int = 0

    def url(self, path: str = "/", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def reply(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """An HTTP/1.1 answer; `length` lies about the body's."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def answering(*answers: bytes) -> Handler:
    """Gives these answers in turn, the last one again and again."""
    left = list(answers)

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()

    return handle


def redirecting(location: str, status: str = "302 Found") -> Handler:
    """Sends `/start` on and answers everything else with `arrived`."""

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        to = reply(b"gone", f"Location: {location}", status=status)
        writer.write(to if request.target == "/start" else reply(b"arrived"))

    return handle


@contextlib.asynccontextmanager
async def serving(handle: Handler, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    """An HTTP/1.1 server with kept connections, for as long as the context lasts."""
    server = Server()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        number = server.connections
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            while not writer.is_closing():
                request = await _read(reader, number)
                server.received.append(request)
                await handle(request, writer)
                await writer.drain()
        server.closed += 1
        writer.close()

    listening = await asyncio.start_server(connected, host, 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, connection: int) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Received(method, target, headers, await reader.readexactly(length), connection)


class Http2(asyncio.Protocol):
    """An HTTP/2 server: `/endless` sends for ever, `/reset` breaks off, everything else gets its path back."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections += 1
        self._h2.initiate_connection()
        self._transport.write(self._h2.data_to_send())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._server.closed += 1

    def data_received(self, data: bytes) -> None:
        for event in self._h2.receive_data(data):
            if isinstance(event, h2.events.RequestReceived) and event.stream_id and event.headers:
                headers = tuple((str(name), str(value)) for name, value in event.headers)
                self._answer(event.stream_id, headers)
            elif isinstance(event, h2.events.DataReceived) and event.stream_id and event.flow_controlled_length:
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        self._transport.write(self._h2.data_to_send())

    def _answer(self, stream: int, headers: tuple[tuple[str, str], ...]) -> None:
        path = dict(headers)[":path"]
        self._server.received.append(Received("GET", path, headers, b"", self._server.connections))
        if path == "/reset":
            self._h2.reset_stream(stream)
            return
        self._h2.send_headers(stream, [(":status", "200"), ("server", "h2")])
        if path == "/endless":
            self._h2.send_data(stream, b"x" * 10_000)
        else:
            self._h2.send_data(stream, path.encode(), end_stream=True)


@contextlib.asynccontextmanager
async def serving_http2(tls: ssl.SSLContext) -> AsyncIterator[Server]:
    """An HTTP/2 server, for as long as the context lasts."""
    tls.set_alpn_protocols(["h2"])
    server = Server()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Http2(server), "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


class Addresses:
    """Resolves every name to these addresses, one lookup after the other, and then to the last; ports stay as they are.

    `asked` has what was looked up.
    """

    def __init__(self, *lookups: str | Sequence[str]) -> None:
        self._lookups = [[found] if isinstance(found, str) else list(found) for found in lookups]
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int, /) -> Sequence[tuple[str, int]]:
        self.asked.append(host)
        found = self._lookups.pop(0) if len(self._lookups) > 1 else self._lookups[0]
        return [(ip, port) for ip in found]


class Phonebook:
    """Resolves a few names to servers of the test; everything else is itself."""

    def __init__(self, entries: dict[str, int]) -> None:
        self._entries = entries

    async def __call__(self, host: str, port: int, /) -> Sequence[tuple[str, int]]:
        return [("127.0.0.1", self._entries.get(host, port))]


@dataclass(frozen=True)
class Certificates:
    """A test CA in PEM, and files of a certificate it signed."""

    ca: str
    ca_file: Path
    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def make_certificates(folder: Path, names: str) -> Certificates:
    """A CA and a server's certificate for `names`, as openssl writes subject alternative names."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl(folder, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    _openssl(folder, "req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=test")
    (folder / "extensions").write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"]
    _openssl(folder, "x509", "-req", "-in", "server.csr", *signing, "-out", "server.pem", "-days", "2")
    ca_file = folder / "ca.pem"
    return Certificates(ca_file.read_text(), ca_file, folder / "server.pem", folder / "server.key")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def fetch(
    path: str,
    method: str = "GET",
    *headers: tuple[str, str],
    service: str = "svc",
    body: bytes | None = None,
    timeout: float | None = None,
    ca: str | None = None,
) -> Fetch:
    """What a worker sends for `ctx.fetch`."""
    return Fetch(1, 1, 0, "http", service, path, method, headers, body, timeout, ca)
