"""What a browser gets: the page, made of the same answers that a program gets as JSON."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from pipedreamer.engine.answer import Answer, Header, refusal
from pipedreamer.web import PAGE_HEADERS, Kind, Site

Ask = Callable[[str, bytes], Awaitable[Answer]]
"""The JSON of a path with a query."""

_JSON: Final = ".json"
_OF_A_LIST: Final = b"limit=50"


class Browser:
    """Pages and static files; `ask` answers as the engine's API does."""

    def __init__(self) -> None:
        self._site = Site()

    def file(self, path: str, headers: Mapping[bytes, bytes]) -> Answer:
        """What is below `/static/`."""
        found = self._site.file(path.lstrip("/"))
        if found is None:
            return refusal(404, "there is no such file; load the page again")
        given, content = found.answer(headers.get(b"accept-encoding", b"").decode("latin-1"))
        return Answer(200, _encoded(given), content)

    async def login(self, message: str, place: str, status: int) -> Answer:
        """The form that asks for a token, and leads to `place` after it."""
        return await self._shown("login", {"message": message, "next": place}, "./", status)

    async def page(self, path: str, query: bytes, ask: Ask, rights: Mapping[str, bool]) -> Answer:
        """The page at a path that has one; `rights` say what it has buttons for."""
        data = {"query": dict(parse_qsl(query.decode("latin-1"))), **rights}
        match path.split("/")[1:]:
            case [""]:
                return await self._made("workflow", "./", data, ask, runs=("/runs", _OF_A_LIST))
            case ["runs"]:
                return await self._made("runs", "./", data, ask, runs=("/runs", query))
            case ["runs", run_id]:
                logs = (f"/runs/{run_id}/logs", b"")
                return await self._made("run", "../", data, ask, run=(f"/runs/{run_id}", b""), logs=logs)
        return refusal(404, f"there is no page {path[:100]!r}")

    async def _made(self, kind: Kind, base: str, data: dict[str, Any], ask: Ask, **parts: tuple[str, bytes]) -> Answer:
        data["workflow"] = orjson.loads((await ask("/workflow", b"")).body)
        for name, (path, asked) in parts.items():
            answer = await ask(path, asked)
            if answer.status != 200:
                message = orjson.loads(answer.body).get("error", "")
                return await self._shown(
                    "error", data | {"status": answer.status, "message": message}, base, answer.status
                )
            data[name] = orjson.loads(answer.body)
        return await self._shown(kind, data, base, 200)

    async def _shown(self, kind: Kind, data: Mapping[str, Any], base: str, status: int) -> Answer:
        # In a thread: the first one loads the templates.
        html = await asyncio.to_thread(self._site.page, kind, data, base)
        return Answer(status, (*_encoded(PAGE_HEADERS), (b"vary", b"accept")), html)


def is_for_a_page(path: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether a person's browser asks for a path that has a page."""
    if path != "/" and b"text/html" not in headers.get(b"accept", b""):
        return False
    match path.split("/")[1:]:
        case [""] | ["runs"]:
            return True
        case ["runs", run_id]:
            return run_id != "events" and not run_id.endswith(_JSON)
    return False


def without_json(path: str) -> str:
    """The path without the ending that asks for JSON whatever is accepted."""
    return path.removesuffix(_JSON)


def _encoded(headers: Mapping[str, str]) -> tuple[Header, ...]:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())
