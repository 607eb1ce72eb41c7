"""One connection, and what it may cost while its caller has not yet said all of a request.

httptools puts no end to a header, and uvicorn waits for the rest of a request for ever. Both ends are put here, beside
the requests, so that an ordinary request pays for neither.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from pipedreamer.engine.answer import Answer, refusal

HEAD_LIMIT: Final = 64 * 1024
"""What a request may send beside its body, in bytes, give or take one read."""

BAD_REQUEST: Final = refusal(400, "this is not a valid HTTP/1.1 request; correct what sends it")
LONG_HEAD: Final = refusal(431, f"the headers are longer than {HEAD_LIMIT} bytes; send less")
SLOW: Final = refusal(408, "the request did not arrive in time; send it faster or send less")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller is waited for, in seconds: for a head, for a body, and for a next request."""

    head: float = 20.0
    body: float = 60.0
    idle: float = 75.0


class Outgoing(asyncio.Transport):
    """A transport that sends what is written in one turn of the loop with one system call.

    uvicorn writes the head of an answer and its body apart; on a small answer the second call is a tenth of the cost.
    """

    __slots__ = ("_loop", "_parts", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes | bytearray | memoryview] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data` at the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        parts = self._parts
        if parts:
            self._parts = []
            if not self._transport.is_closing():  # the caller may have gone since; uvloop would raise
                self._transport.writelines(parts)

    def close(self) -> None:
        """Send what is written, then close."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with an end to the head and errors in JSON."""

    cycle: RequestResponseCycle | None  # type: ignore[assignment] # the newest request with a whole head, none at first
    _beside_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection; answers go out by `Outgoing`."""
        super().connection_made(transport)
        self.transport = Outgoing(transport, self.loop)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; count what is neither body nor the end of a request."""
        before = self.cycle
        had = len(before.body) if before else 0
        super().data_received(data)
        request = self.cycle
        if request and request.scope is self.scope:
            if not request.more_body:
                self._beside_body = 0
                return
            if len(request.body) > (had if request is before else 0):
                return
        self._beside_body += len(data)
        if self._beside_body > HEAD_LIMIT:
            self.refuse(LONG_HEAD)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text says less
        """Refuse what the parser does not take."""
        self.refuse(BAD_REQUEST)

    def refuse(self, answer: Answer) -> None:
        """Answer outside of the application, where it has not begun to, and close."""
        if self.transport.is_closing():
            return
        request = self.cycle
        if request is None or request.response_complete or not request.response_started:
            lines = [
                name + b": " + value + b"\r\n" for name, value in (*self.server_state.default_headers, *answer.headers)
            ]
            length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(answer.body)
            self.transport.write(b"".join((STATUS_LINE[answer.status], *lines, length, answer.body)))
        self.transport.close()

    @property
    def awaits(self) -> Literal["head", "body"] | None:
        """What the caller still owes, or None: nothing, or nothing that it could send now."""
        request = self.cycle
        if self.pipeline or self.timeout_keep_alive_task is not None:
            return None
        if request is None or request.response_complete:
            return "head"
        return "body" if request.more_body else None


class Watch:
    """Ends the wait for callers who take too long; `look` is called about once a second."""

    def __init__(self, patience: Patience) -> None:
        self._limits = {"head": patience.head, "body": patience.body}
        self._since: dict[Connection, tuple[str, RequestResponseCycle | None, float]] = {}

    def look(self, connections: Iterable[object], now: float) -> None:
        """Refuse each connection that has owed the same thing for too long; `now` is a monotonic time in seconds."""
        since = {}
        for connection in tuple(connections):
            if not isinstance(connection, Connection) or (what := connection.awaits) is None:
                continue
            known = self._since.get(connection)
            if known is None or known[0] != what or known[1] is not connection.cycle:
                known = (what, connection.cycle, now)
            elif now - known[2] >= self._limits[what]:
                connection.refuse(SLOW)
                continue
            since[connection] = known
        self._since = since
