"""A collector of OpenTelemetry traces on loopback (OTLP over HTTP), which can be made to refuse or to hang."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Event:
    """Something at a moment of a span."""

    name: str
    at_ns: int
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Span:
    """A span as it came over the wire; ids in hexadecimal digits, `status` 0 unset, 2 error."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    began_ns: int
    ended_ns: int
    attributes: dict[str, Any]
    events: list[Event]
    status: int
    error: str
    state: str
    resource: dict[str, Any]


@dataclass
class Collector:
    """What came. Everything is answered with `status`, and nothing as long as `go_on` is not set."""

    port: int = 0
    status: int = 200
    spans: list[Span] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def runs(self) -> list[Span]:
        """Those of runs, in the order they came."""
        return [span for span in self.spans if span.name.startswith("run ")]

    def nodes(self, run: Span) -> dict[str, Span]:
        """Those of a run's nodes, by the node."""
        found = [span for span in self.spans if span.parent_id == run.span_id]
        return {span.attributes["pipedreamer.node"]: span for span in found}

    def take(self, path: str, body: bytes) -> int:
        """One request; the status to answer with."""
        self.paths.append(path)
        self.asked.set()
        self.go_on.wait(60)
        if self.status == 200:
            self.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
        return self.status


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port, for as long as the block lasts."""
    collector = Collector()
    collector.go_on.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status = collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - as the library has it
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            collector.go_on.set()
            server.shutdown()
            thread.join()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for group in request.resource_spans:
        for scope in group.scope_spans:
            assert scope.scope.name == "pipedreamer"
            for span in scope.spans:
                yield Span(
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    kind=span.kind,
                    began_ns=span.start_time_unix_nano,
                    ended_ns=span.end_time_unix_nano,
                    attributes=_attributes(span.attributes),
                    events=[Event(one.name, one.time_unix_nano, _attributes(one.attributes)) for one in span.events],
                    status=span.status.code,
                    error=span.status.message,
                    state=span.trace_state,
                    resource=_attributes(group.resource.attributes),
                )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
