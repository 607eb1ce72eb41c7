"""The spans of a run's nodes, told from its result.

They are made whole, as they have ended when there is a result: `Tracer.start_span` takes more than twice as long, and
would choose the ids, which fetches have passed on before.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.trace import SpanContext, Status, StatusCode

from pipedreamer.runtime.result import Attempt, Masking, RunResult, shown

MOST_NODES: Final = 500
"""So many nodes of a run have spans; those that came to nothing go first."""
MOST_TEXT: Final = 1_000
"""Characters of an error."""
_NS: Final = 1_000_000
_STATES: Final = {"ok": "succeeded", "retry": "retried"}
ERRORS: Final = frozenset({"failed", "interrupted"})
"""States whose spans have the status of an error."""


def context_of(run: SpanContext, node: str) -> SpanContext:
    """The context of a node's span, which is known before there is one."""
    digest = blake2b(node.encode(), digest_size=8, key=run.span_id.to_bytes(8, "big")).digest()
    span_id = int.from_bytes(digest, "big") or 1
    return SpanContext(run.trace_id, span_id, is_remote=False, trace_flags=run.trace_flags, trace_state=run.trace_state)


def cut(text: str, mask: Masking) -> str:
    """An error as it is told, masked before it is cut."""
    return shown(text, mask)[:MOST_TEXT]


def nodes_shown(result: RunResult) -> Sequence[str]:
    """Those nodes of a run that have spans: all that began, or the most that may be."""
    names = tuple(result.node_timings)
    if len(names) > MOST_NODES:
        names = tuple(sorted(names, key=lambda name: name not in result.errors))[:MOST_NODES]
    return names


def node_spans(run: Span, result: RunResult, names: Sequence[str], mask: Masking) -> Iterable[ReadableSpan]:
    """The spans of these nodes, children of the run's, errors masked."""
    tried: dict[str, list[Attempt]] = {}
    for attempt in result.attempts:
        tried.setdefault(attempt.node, []).append(attempt)
    for name in names:
        yield _span(run, result, name, tried.get(name, ()), mask)


def _span(run: Span, result: RunResult, name: str, tried: Sequence[Attempt], mask: Masking) -> ReadableSpan:
    timing, error = result.node_timings[name], result.errors.get(name, "")
    state = "succeeded" if not error else tried[-1].state if tried else "failed"
    began = max(timing.started_at * _NS, run.start_time or 0)  # theirs are whole milliseconds
    parent = run.get_span_context()
    return ReadableSpan(
        name=f"node {name}",
        context=context_of(parent, name),
        parent=parent,
        resource=run.resource,
        attributes={
            "pipedreamer.node": name,
            "pipedreamer.node.attempts": max((attempt.number for attempt in tried), default=1),
            "pipedreamer.state": state,
        },
        events=tuple(_events(tried, began, mask)),
        status=status_of(state, cut(error, mask)),
        start_time=began,
        end_time=max(timing.completed_at * _NS, began),
        instrumentation_scope=run.instrumentation_scope,
    )


def _events(tried: Sequence[Attempt], began: int, mask: Masking) -> Iterable[Event]:
    for attempt in tried:
        attributes: dict[str, str | int] = {
            "pipedreamer.attempt": attempt.number,
            "pipedreamer.state": _STATES.get(attempt.state, attempt.state),
            "pipedreamer.duration_ms": attempt.ended_at - attempt.started_at,
        }
        if attempt.error:
            attributes["pipedreamer.error"] = cut(attempt.error, mask)
        yield Event("attempt", attributes, max(attempt.ended_at * _NS, began))


def status_of(state: str, error: str) -> Status:
    """The status of a span; what was cancelled is no error."""
    return Status(StatusCode.ERROR, error.partition("\n")[0]) if state in ERRORS else Status()
