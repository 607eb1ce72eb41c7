"""What goes out over a connection: a whole answer as bytes, and a transport that needs one system call for it."""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from pipedreamer.engine.answer import CLOSE, Answer, Header

CLOSE_LINE: Final = b"connection: close\r\n"


def whole(answer: Answer, headers: list[Header], keep_alive: bool) -> bytes:
    """An answer as it goes over the connection; `headers` come before its own."""
    lines = [b"%b: %b\r\n" % header for header in (*headers, *answer.headers)]
    if not keep_alive and CLOSE not in answer.headers:
        lines.append(CLOSE_LINE)
    return b"%b%bcontent-length: %d\r\n\r\n%b" % (
        STATUS_LINE[answer.status],
        b"".join(lines),
        len(answer.body),
        answer.body,
    )


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

    def send(self, data: bytes) -> None:
        """Send `data` now, which is a whole answer; after what was written before."""
        if self._parts:
            self._parts.append(data)
        else:
            self._transport.write(data)

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
