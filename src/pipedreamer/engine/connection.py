"""One connection: the short way of `POST /run`, and what a caller may cost who has not yet said all of a request.

uvicorn does the rest. httptools puts no end to a header; one is put here, beside the requests, so that an ordinary
request pays nothing for it.
"""

import asyncio
from typing import Final, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pipedreamer.engine.answer import CLOSE, SMALL_BODY, Answer, refusal
from pipedreamer.engine.app import App
from pipedreamer.engine.exchange import Exchange
from pipedreamer.engine.outgoing import Outgoing, whole

HEAD_LIMIT: Final = 64 * 1024
"""What a request may send beside its body, in bytes, give or take one read."""

BAD_REQUEST: Final = refusal(400, "this is not a valid HTTP/1.1 request; correct what sends it")
LONG_HEAD: Final = refusal(431, f"the headers are longer than {HEAD_LIMIT} bytes; send less")


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with a short way for `POST /run`, an end to the head, and errors in JSON."""

    app: App  # the one that `serve` is given
    transport: Outgoing  # from `connection_made` on
    cycle: RequestResponseCycle | Exchange | None  # type: ignore[assignment] # the newest with a whole head, if any
    exchange: Exchange | None = None
    _beside_body = 0
    _is_idle = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection; answers go out by `Outgoing`."""
        super().connection_made(transport)
        self.transport = Outgoing(transport, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if isinstance(self.cycle, Exchange):
            self.cycle = None  # nobody waits in it
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; count what is neither body nor the end of a request."""
        self._is_idle = False
        self._beside_body += len(data)
        super().data_received(data)
        if self._beside_body > HEAD_LIMIT:
            self.refuse(LONG_HEAD)

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        """Begin to collect a head; what ASGI wants beside it is made when it is known to be needed."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way that the request goes."""
        if self.url == b"/run" and (exchange := self._short_way()):
            self.cycle = self.exchange = exchange
            return
        url, headers, expect = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expect
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Collect a piece of the body."""
        self._beside_body = 0
        if isinstance(self.cycle, Exchange):
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Begin the run, now that its request is whole."""
        self._beside_body = 0
        if isinstance(self.cycle, Exchange):
            self.cycle.more_body = False
            self.app.take(self.cycle)
        else:
            super().on_message_complete()

    def _short_way(self) -> Exchange | None:
        """An exchange for a plain `POST` with a small body that nothing speaks against and nothing goes before."""
        parser = self.parser
        if (
            (self.cycle is not None and not self.cycle.response_complete)
            or self.flow.write_paused
            or self.expect_100_continue
            or parser.get_method() != b"POST"
        ):
            return None
        headers = dict(self.headers)
        if b"prefer" in headers or b"idempotency-key" in headers:
            return None  # perhaps a durable run
        if b"connection" in headers and (parser.get_http_version() != "1.1" or parser.should_upgrade()):
            return None  # HTTP/1.0 that wants to go on, or another protocol
        length = headers.get(b"content-length")
        if length is None or int(length) > SMALL_BODY or not self.app.admits(self.headers, headers):
            return None
        return Exchange(self._reply, headers, parser.should_keep_alive())

    def _reply(self, exchange: Exchange, answer: Answer, last: bool) -> None:
        if self.transport.is_closing():
            return
        keep = exchange.keep_alive and not last and CLOSE not in answer.headers
        self.transport.send(whole(answer, self.server_state.default_headers, keep))
        if self.access_log:
            caller = f"{self.client[0]}:{self.client[1]}" if self.client else ""
            self.access_logger.info('%s - "%s %s HTTP/%s" %d', caller, "POST", "/run", "1.1", answer.status)
        if not keep:
            self.transport.close()
        self.on_response_complete()

    # Ends

    def on_response_complete(self) -> None:
        """Go on with the request that came next, if one has."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._is_idle = True

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text says less
        """Refuse what the parser does not take."""
        self.refuse(BAD_REQUEST)

    def refuse(self, answer: Answer) -> None:
        """Answer outside of the application, where it has not begun to, and close."""
        if self.transport.is_closing():
            return
        request = self.cycle
        if request is None or request.response_complete or not request.response_started:
            self.transport.write(whole(answer, self.server_state.default_headers, keep_alive=False))
        self.transport.close()

    def cut_off(self, answer: Answer) -> None:
        """Answer the exchange under way, if there is one, before it has come to its own answer."""
        if self.exchange is not None:
            self.exchange.reply(answer)

    @property
    def is_answering(self) -> bool:
        """Whether an exchange is under way."""
        return self.exchange is not None and not self.exchange.response_complete

    @property
    def awaits(self) -> Literal["head", "body", "idle"] | None:
        """What the caller may send next (`idle`: another request, if it likes), or None: it is our turn."""
        request = self.cycle
        if self.pipeline:
            return None
        if request is None or request.response_complete:
            return "idle" if self._is_idle else "head"
        return "body" if request.more_body else None
