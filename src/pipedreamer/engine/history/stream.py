"""Answers that go on: server-sent events (https://html.spec.whatwg.org/#server-sent-events)."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, Final

import orjson

from pipedreamer.engine.answer import CLOSE, Header, Receive, Send

HEADERS: Final[list[Header]] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    CLOSE,
]
SIGN_OF_LIFE_S: Final = 15.0
_SIGN: Final = b": still here\n\n"


class Stream:
    """An answer of status 200 whose body comes in frames."""

    def __init__(self, frames: AsyncGenerator[bytes]) -> None:
        self._frames = frames

    async def send(self, receive: Receive, send: Send, stopped: asyncio.Event) -> None:
        """Until the frames end, the caller goes away, or the engine stops; a quiet stream shows that it lives."""
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        gone, end = asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(stopped.wait())
        frame: asyncio.Future[bytes] | None = None
        try:
            while not gone.done() and not end.done():
                frame = frame or asyncio.ensure_future(anext(self._frames))
                await asyncio.wait((gone, end, frame), timeout=SIGN_OF_LIFE_S, return_when=asyncio.FIRST_COMPLETED)
                body = _SIGN
                if frame.done():
                    try:
                        body, frame = frame.result(), None
                    except StopAsyncIteration:
                        break
                await send({"type": "http.response.body", "body": body, "more_body": True})
        finally:
            for task in (gone, end, frame):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError, StopAsyncIteration):
                        await task
            await self._frames.aclose()
            await send({"type": "http.response.body", "body": b""})


def frame(event: str, data: Mapping[str, Any], *, name: str = "") -> bytes:
    """One event; a browser that lost its stream tells the last `name` it heard, as Last-Event-ID."""
    told = b"id: %s\n" % name.encode() if name else b""
    return b"%sevent: %s\ndata: %s\n\n" % (told, event.encode(), orjson.dumps(data))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
