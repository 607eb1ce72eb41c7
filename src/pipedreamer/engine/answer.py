"""An answer over ASGI: what is sent, how an error looks, and how to turn away a caller who is still sending."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import msgspec
import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Final[Header] = (b"content-type", b"application/json")
SOON: Final[Header] = (b"retry-after", b"1")
CLOSE: Final[Header] = (b"connection", b"close")
SMALL_BODY: Final = 16 * 1024
"""A refused body up to this size is read past and the connection kept, in bytes."""
LINGER_SECONDS: Final = 2.0
"""How long a refused upload is still read and thrown away, so that its sender sees the answer and not a reset."""


class Answer(msgspec.Struct, frozen=True):
    """A whole answer; the length is added when it is sent."""

    status: int
    headers: tuple[Header, ...]
    body: bytes


def refusal(status: int, error: str, /, *headers: Header, **fields: Any) -> Answer:
    """An error answer: `{"error": ..., **fields}`, where `error` says what is wrong and what to do."""
    return Answer(status, (JSON, *headers), orjson.dumps({"error": error, **fields}))


async def reply(send: Send, answer: Answer, last: bool = False) -> None:
    """Send `answer`; `last` closes the connection after it."""
    body = answer.body
    headers = [*answer.headers, (b"content-length", b"%d" % len(body))]
    if last and CLOSE not in headers:
        headers.append(CLOSE)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def hang_up(receive: Receive, send: Send, answer: Answer) -> None:
    """Send `answer`, throw away what still comes in for a moment, and close the connection.

    Closing at once would reset the connection under a caller who is still sending, and many then never read why.
    Nothing is kept: the cost is one read buffer.
    """
    body = answer.body
    headers = [*answer.headers, (b"content-length", b"%d" % len(body))]
    if CLOSE not in headers:
        headers.append(CLOSE)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
    except (TimeoutError, asyncio.CancelledError):
        pass  # enough waited, or the engine stops: either way the connection ends here
    await send({"type": "http.response.body", "body": b""})
