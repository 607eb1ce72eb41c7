"""`ctx.fetch` on the worker's side: a request to the engine, and an answer whose body arrives piece by piece."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec
import orjson

from pipedreamer.authoring import FetchError
from pipedreamer.sandbox.protocol import (
    MOST_FETCHES,
    Fetch,
    FetchData,
    FetchFailed,
    FetchHead,
    FetchMore,
    FetchStop,
    ToEngine,
)
from pipedreamer.sandbox.python.attempt import Attempt
from pipedreamer.sandbox.python.request import request_of


class Headers(Mapping[str, str]):
    """Response headers; names are matched without regard to case, repeated ones joined by a comma."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = name.lower()
            self._values[key] = f"{self._values[key]}, {value}" if key in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values


class NodeResponse:
    """See `pipedreamer.Response`."""

    def __init__(self, head: FetchHead, transfer: "_Transfer") -> None:
        self.status = head.status
        self.url = head.url
        self.headers = Headers(head.headers)
        self._transfer = transfer
        self._body: bytes | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def refusal(self, what: str) -> FetchError:
        return FetchError(f"{what} answered {self.status}")

    async def stream(self) -> AsyncIterator[bytes]:
        async for piece in self._transfer.pieces():
            yield piece

    async def text(self) -> str:
        kind = self.headers.get("content-type", "")
        _, _, charset = kind.partition("charset=")
        data = await self.bytes()
        try:
            return data.decode(charset.split(";")[0].strip(" \"'") or "utf-8", errors="replace")
        except LookupError:
            return data.decode(errors="replace")

    async def json(self) -> Any:
        data = await self.bytes()
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise FetchError(f"{self.url} answered {self.status} with a body that is no JSON: {error}") from None

    async def bytes(self) -> bytes:
        if self._body is None:
            self._body = b"".join([piece async for piece in self._transfer.pieces()])
        return self._body


class _Transfer:
    """A fetch under way; `events` has what the engine sent and the node has not taken."""

    def __init__(self, fetcher: "Fetcher", number: int, attempt: Attempt) -> None:
        self.attempt = attempt
        self.events: asyncio.Queue[FetchHead | FetchData | FetchFailed] = asyncio.Queue()
        self._fetcher = fetcher
        self._number = number
        self._read = False

    async def head(self) -> FetchHead:
        try:
            event = await self.events.get()
        except BaseException:
            self._fetcher.stop(self._number)
            raise
        if isinstance(event, FetchHead):
            return event
        raise self._failure(event)

    async def pieces(self) -> AsyncIterator[bytes]:
        if self._read:
            raise FetchError("the body of this response was read already")
        self._read = True
        done = False
        try:
            while not done:
                event = await self.events.get()
                if not isinstance(event, FetchData):
                    raise self._failure(event)
                done = event.last
                if event.data:
                    yield event.data
                    if not done:
                        self._fetcher.take(self._number, len(event.data))
        finally:
            if not done:
                self._fetcher.stop(self._number)

    def _failure(self, event: FetchHead | FetchData | FetchFailed) -> FetchError:
        self._fetcher.forget(self._number)
        return FetchError(event.message if isinstance(event, FetchFailed) else "the engine's answer is out of order")


class Fetcher:
    """All the fetches of a worker. Its methods run in the loop's thread, except `fetch` before its first await."""

    def __init__(self, send: Callable[[ToEngine], None], loop: asyncio.AbstractEventLoop) -> None:
        self._send = send
        self._loop = loop
        self._numbers = itertools.count(1)
        self._transfers: dict[int, _Transfer] = {}
        self._room = asyncio.Semaphore(MOST_FETCHES)

    async def fetch(
        self, attempt: Attempt, kind: Literal["http", "k8s"], service: str, path: str, init: dict[str, Any]
    ) -> NodeResponse:
        if asyncio.get_running_loop() is not self._loop:
            raise FetchError("ctx.fetch needs the node's own event loop: make the node `async def run(ctx, input)`")
        number = next(self._numbers)
        request = request_of(number, attempt, (kind, service, path), init)
        if self._room.locked():
            request = await self._in_turn(request)
        else:
            await self._room.acquire()
        transfer = self._transfers[number] = _Transfer(self, number, attempt)
        self._send(request)
        return NodeResponse(await transfer.head(), transfer)

    async def _in_turn(self, request: Fetch) -> Fetch:
        """Wait for room, within the fetch's own timeout; the engine gets what is left of that."""
        if request.timeout is None:
            await self._room.acquire()
            return request
        deadline = self._loop.time() + request.timeout
        try:
            async with asyncio.timeout_at(deadline):
                await self._room.acquire()
        except TimeoutError:
            waited = f"timed out after {round(request.timeout * 1000)}ms, waiting for other fetches to end"
            raise FetchError(f"ctx.fetch({request.service[:60]!r}): {waited}") from None
        return msgspec.structs.replace(request, timeout=max(deadline - self._loop.time(), 0.001))

    def deliver(self, event: FetchHead | FetchData | FetchFailed) -> None:
        """A frame from the engine; one for a fetch that nobody waits for is dropped."""
        transfer = self._transfers.get(event.id)
        if transfer is None:
            return
        if isinstance(event, FetchFailed) or (isinstance(event, FetchData) and event.last):
            self.forget(event.id)
        transfer.events.put_nowait(event)

    def take(self, number: int, size: int) -> None:
        if number in self._transfers:
            self._send(FetchMore(id=number, taken=size))

    def forget(self, number: int) -> bool:
        """Whether there was such a fetch."""
        if self._transfers.pop(number, None) is None:
            return False
        self._room.release()
        return True

    def stop(self, number: int) -> None:
        if self.forget(number):
            self._send(FetchStop(id=number))

    def end_attempt(self, attempt: Attempt) -> None:
        """Let go of bodies that the attempt left unread."""
        for number, transfer in list(self._transfers.items()):
            if transfer.attempt is attempt:
                self.stop(number)
