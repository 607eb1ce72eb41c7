"""A span for each run, one for each of its nodes, and the trace context on its way through both."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from opentelemetry import context as contexts
from opentelemetry.sdk.trace import Span as RecordedSpan
from opentelemetry.trace import NonRecordingSpan, Span, SpanKind, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.result import Masking, RunResult
from pipedreamer.runtime.tracing.node_spans import context_of, cut, node_spans, nodes_shown, status_of
from pipedreamer.runtime.tracing.sending import Sending
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.version import __version__

MOST_EXPECTED: Final = 100_000
"""Callers whose runs have not begun: as many durable runs may wait."""
_W3C: Final = TraceContextTextMapPropagator()
_HEADERS: Final = ("traceparent", "tracestate")

Begin = Callable[..., asyncio.Future[RunResult]]


class Traces:
    """All of one engine's; called in its loop. Raises `ValueError` for a variable that cannot be used."""

    def __init__(self, workflow: str, warn: Callable[[str], None]) -> None:
        self._workflow = workflow
        self._sending = Sending(workflow, warn)
        self._tracer = self._sending.provider.get_tracer("pipedreamer", __version__)
        self._run_ids = run_ids()
        self._expected: dict[str, tuple[str, contexts.Context]] = {}
        self._spans: dict[str, Span] = {}

    def expect(self, headers: Mapping[bytes, bytes], trigger: str = "manual", run_id: str | None = None) -> str:
        """The id that a caller's run is to have: it becomes part of the trace that the caller's headers tell of."""
        run_id = run_id or next(self._run_ids)
        carrier = {name: headers[name.encode()].decode("latin-1") for name in _HEADERS if name.encode() in headers}
        if len(self._expected) >= MOST_EXPECTED:
            del self._expected[next(iter(self._expected))]
        self._expected[run_id] = trigger, _W3C.extract(carrier, contexts.Context())
        return run_id

    def follow(
        self, run_id: str | None, begin: Begin, mask: Callable[[], Masking], *, is_durable: bool = False
    ) -> asyncio.Future[RunResult]:
        """Begin a run and its span, which ends with it. Raises what `begin` raises.

        A durable run that nobody here expected was accepted by an engine before this one.
        """
        run_id = run_id or next(self._run_ids)
        span = self._spans[run_id] = self._begun(run_id, is_durable and run_id not in self._expected)
        run = _Run(run_id, span, mask)
        try:
            running = begin(run_id=run_id)
        except Exception as error:
            self._broken(run, error)
            raise
        running.add_done_callback(partial(self._done, run))
        return running

    def passed_on(self, request: Fetch, run_id: str, node: str) -> Fetch:
        """A node's fetch with the context of its span, unless the node set one itself."""
        span = self._spans.get(run_id)
        if span is None or request.kind == "k8s" or any(name.lower() == _HEADERS[0] for name, _ in request.headers):
            return request
        carrier: dict[str, str] = {}
        child = NonRecordingSpan(context_of(span.get_span_context(), node))
        _W3C.inject(carrier, set_span_in_context(child, contexts.Context()))
        kept = [header for header in request.headers if header[0].lower() not in carrier]
        return msgspec.structs.replace(request, headers=(*kept, *carrier.items()))

    def trace_id(self, run_id: str) -> str:
        """The trace of a run under way as 32 hexadecimal digits, "" where there is none."""
        span = self._spans.get(run_id)
        return "" if span is None else format_trace_id(span.get_span_context().trace_id)

    async def close(self) -> None:
        """Send what is left, as far as that is done at once."""
        await self._sending.close()

    def _begun(self, run_id: str, is_resumed: bool) -> Span:
        trigger, parent = self._expected.pop(run_id, ("", contexts.Context()))
        attributes: dict[str, Any] = {"pipedreamer.workflow": self._workflow, "pipedreamer.run.id": run_id}
        if trigger:
            attributes["pipedreamer.run.trigger"] = trigger
        if is_resumed:
            attributes["pipedreamer.run.resumed"] = True
        return self._tracer.start_span(f"run {self._workflow}", parent, SpanKind.SERVER, attributes)

    def _done(self, run: "_Run", running: asyncio.Future[RunResult]) -> None:
        error = asyncio.CancelledError() if running.cancelled() else running.exception()
        if error is None:
            self._ended(run, running.result())
        else:
            self._broken(run, error)

    def _ended(self, run: "_Run", result: RunResult) -> None:
        del self._spans[run.id]
        if not isinstance(run.span, RecordedSpan):
            return  # it is not sampled
        names, mask = nodes_shown(result), run.mask()
        if not self._sending.has_room(len(names) + 1):
            return
        for span in node_spans(run.span, result, names, mask):
            self._sending.send(span)
        run.span.set_attribute("pipedreamer.version", result.version)
        state = "cancelled" if result.cancelled else "failed" if result.errors else "succeeded"
        _end(run.span, state, cut(next(iter(result.errors.values()), ""), mask))

    def _broken(self, run: "_Run", error: BaseException) -> None:
        """It could not be carried out."""
        del self._spans[run.id]
        if isinstance(run.span, RecordedSpan) and self._sending.has_room(1):
            _end(run.span, "interrupted", cut(str(error) or "the engine ended before the run did", run.mask()))


class _Run(NamedTuple):
    """One under way."""

    id: str
    span: Span
    mask: Callable[[], Masking]


def _end(span: Span, state: str, error: str) -> None:
    span.set_attribute("pipedreamer.state", state)
    span.set_status(status_of(state, error))
    span.end()
