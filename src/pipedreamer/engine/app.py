"""The ASGI application over one workflow, the way through `POST /run` kept short."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from pipedreamer.engine.access.gate import NONE, UNKNOWN, Gate
from pipedreamer.engine.access.login import Login, to_login
from pipedreamer.engine.access.tokens import suffices
from pipedreamer.engine.answer import JSON, SMALL_BODY, Answer, Header, Receive, Scope, Send, hang_up, refusal, reply
from pipedreamer.engine.body import read_body
from pipedreamer.engine.browsing import Browser, is_for_a_page, without_json
from pipedreamer.engine.entrance import Entrance
from pipedreamer.engine.exchange import Exchange
from pipedreamer.engine.history.durably import run_durably, wish_of
from pipedreamer.engine.history.stream import Stream
from pipedreamer.engine.metrics import Reading
from pipedreamer.engine.pages import NO_STORE, health, is_local, metrics, openapi, ready, workflow
from pipedreamer.engine.run import STOPPED, begin, ended, failure
from pipedreamer.engine.service import Service
from pipedreamer.errors import RecordError
from pipedreamer.runtime.result import RunResult


class App:
    """Serves one workflow over HTTP; `running` counts the runs that callers wait for. Without a `gate` all may call.

    Raises `SpecError` when the workflow's input schema is not one.
    """

    def __init__(self, service: Service, gate: Gate | None = None) -> None:
        self._gate = gate
        self._served = Entrance(service, gate)
        self._answers: Counter[int] = Counter()
        self._streams: dict[asyncio.Event, Mapping[bytes, bytes]] = {}
        self._browser = Browser()
        self._login = Login(gate, self._browser.login) if gate is not None else None
        self.draining = False
        self.running = 0

    def replace(self, service: Service) -> None:
        """Serve `service` from the next request on; requests under way keep the old one. Raises as at the start."""
        self._served = Entrance(service, self._gate)

    def drain(self) -> None:
        """Take no new runs from now on; those under way go on."""
        self.draining = True
        self.end_streams()

    def end_streams(self) -> None:
        """End the streams whose callers may not listen any more; all of them when the engine stops."""
        if self._gate is not None:
            self._gate.end_logins()
        for end, headers in self._streams.items():
            if self.draining or (self._gate is not None and self._gate.scope(headers) is None):
                end.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3, HTTP only)."""
        served = self._served
        headers = dict(scope["headers"])
        answer = served.refuse(scope["method"], scope["path"], scope["headers"], headers, self.draining)
        if answer is not None:
            answer = self._turned_away(answer, scope, headers)
            unread = b"transfer-encoding" in headers or int(headers.get(b"content-length", b"0")) > SMALL_BODY
        else:
            found = await self._found(served, scope, headers, receive)
            if found is None:
                return  # the caller went away while sending
            if isinstance(found, Stream):
                self._answers[200] += 1
                await self._stream(found, headers, receive, send)
                return
            answer = found
            unread = answer.status == 413
        self._answers[answer.status] += 1
        if unread:
            await hang_up(receive, send, answer)
        else:
            await reply(send, answer, self.draining)

    async def _found(
        self, served: Entrance, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Answer | Stream | None:
        """The answer of what is at a path; None where the caller went away."""
        try:
            path, query = scope["path"], scope["query_string"]
            if path == "/run":
                return await self._run(served, scope["method"], headers, query, receive)
            if path.startswith("/static/"):
                return self._browser.file(path, headers)
            if self._login is not None and path in ("/login", "/logout"):
                return await self._login.answer(scope["method"], path, query, headers, receive)
            if is_for_a_page(path, headers):
                return await self._browser.page(path, query, partial(self._told, served.service), self._rights(headers))
            if path.startswith("/runs"):
                return await self._history(served.service, scope, headers, receive)
            return await self._page(served.service, scope, headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the rest
            return failure(served.service, error)

    async def _stream(self, stream: Stream, headers: Mapping[bytes, bytes], receive: Receive, send: Send) -> None:
        end = asyncio.Event()
        self._streams[end] = headers
        if self.draining:
            end.set()
        try:
            await stream.send(receive, send, end)
        finally:
            del self._streams[end]

    def _turned_away(self, answer: Answer, scope: Scope, headers: Mapping[bytes, bytes]) -> Answer:
        """A refusal as it is sent: a browser that asks for a page is led to the login."""
        if self._gate is None or answer not in (NONE, UNKNOWN):
            return answer
        answer, path = self._gate.counted(answer), scope["path"]
        is_html = scope["method"] in ("GET", "HEAD") and b"text/html" in headers.get(b"accept", b"")
        if answer.status == 401 and is_html and is_for_a_page(path, headers):
            return to_login(path, scope["query_string"])
        return answer

    def _rights(self, headers: Mapping[bytes, bytes]) -> dict[str, bool]:
        """What the page has buttons for."""
        scope = "admin" if self._gate is None else self._gate.scope(headers)
        return {"may_run": scope is not None and suffices(scope, "run"), "asks_login": self._gate is not None}

    def admits(self, pairs: Sequence[Header], headers: Mapping[bytes, bytes]) -> bool:
        """Whether nothing in the head of a `POST /run` speaks against it; what is refused goes through ASGI."""
        return self._served.refuse("POST", "/run", pairs, headers, self.draining) is None

    def take(self, exchange: Exchange) -> None:
        """Answer a `POST /run` that was admitted and is whole; `__call__` without ASGI and without a task."""
        served = self._served
        try:
            given = served.input(exchange.body, exchange.headers, self.draining)
            if isinstance(given, Answer):
                self._reply(exchange, given)
                return
            run = begin(served.service, given.json, exchange.headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets an answer and the log the rest
            self._reply(exchange, failure(served.service, error))
            return
        self.running += 1
        run.add_done_callback(partial(self._finish, served.service, exchange))

    def _finish(self, service: Service, exchange: Exchange, run: asyncio.Future[RunResult]) -> None:
        self.running -= 1
        self._reply(exchange, ended(service, run))

    def _reply(self, exchange: Exchange, answer: Answer) -> None:
        self._answers[answer.status] += 1
        exchange.reply(answer, self.draining)

    async def _run(
        self, served: Entrance, method: str, headers: Mapping[bytes, bytes], query: bytes, receive: Receive
    ) -> Answer | None:
        try:
            body = await read_body(receive, served.service.limits.max_body) if method == "POST" else b""
        except asyncio.CancelledError:
            return STOPPED
        if not isinstance(body, bytes):
            return body
        given = served.input(body, headers, self.draining)
        if isinstance(given, Answer):
            return given
        wish = wish_of(headers, query)
        if isinstance(wish, Answer):
            return wish
        if wish.is_durable:
            return await run_durably(served.service.history, wish, given.json, headers)
        run = begin(served.service, given.json, headers)
        self.running += 1
        try:
            await asyncio.wait((run,))
        except asyncio.CancelledError:
            return STOPPED  # only the engine's end cancels this; the caller still gets told
        finally:
            self.running -= 1
        answer = ended(served.service, run)
        return answer if method == "POST" else Answer(answer.status, (*answer.headers, NO_STORE), answer.body)

    async def _told(self, service: Service, path: str, query: bytes) -> Answer:
        """What the API says, for a page."""
        if path == "/workflow":
            return workflow(service)
        if service.history is None:
            return Answer(200, (JSON,), b'{"runs": [], "next": null}')
        try:
            told = await service.history.answer("GET", path, query)
        except RecordError as error:
            return failure(service, error)
        return refusal(404, f"there is no page {path[:100]!r}") if isinstance(told, Stream) else told

    async def _history(
        self, service: Service, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Answer | Stream | None:
        body = await read_body(receive, service.limits.max_body) if scope["method"] == "POST" else b""
        if not isinstance(body, bytes):
            return body
        if service.history is None:
            return refusal(404, "no runs are kept: this engine was started with --record none")
        return await service.history.answer(
            scope["method"], without_json(scope["path"]), scope["query_string"], body, headers
        )

    async def _page(self, service: Service, scope: Scope, headers: Mapping[bytes, bytes]) -> Answer:
        match without_json(scope["path"]):
            case "/health":
                gate = self._gate
                return health(service, is_local(scope, headers) if gate is None else gate.knows(headers))
            case "/ready":
                return ready(service, self.draining)
            case "/workflow":
                return workflow(service)
            case "/openapi":
                return await openapi(service, self._gate)
            case _:
                return await metrics(await self._reading(service), headers)

    async def _reading(self, service: Service) -> Reading:
        record = await service.record() if service.record is not None else None
        return Reading(
            workflow=service.workflow,
            version=service.version,
            ready=service.ready() and not self.draining,
            stats=service.stats(),
            answers=dict(self._answers),
            record=record,
        )
