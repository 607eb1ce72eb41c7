"""The ceiling: a raw ASGI application on one uvicorn that parses JSON and answers JSON, and runs no workflow at all."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import uvicorn

HEADERS = [(b"content-type", b"application/json")]


async def app(
    _scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    value = orjson.loads(body)
    answer = orjson.dumps({"success": True, "outputs": {"echo": value}, "errors": {}})
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="error",
        lifespan="off",
    )
