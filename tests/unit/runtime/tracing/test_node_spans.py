"""The spans of nodes, out of a run's result."""

from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.trace import SpanContext

from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.result import Attempt, RunResult, Timing
from pipedreamer.runtime.tracing.node_spans import MOST_NODES, MOST_TEXT, context_of, node_spans, nodes_shown

RUN = SpanContext(trace_id=1, span_id=2, is_remote=False)


def started() -> Span:
    """The span of a run under way."""
    span = TracerProvider(shutdown_on_exit=False).get_tracer("t").start_span("run flow")
    assert isinstance(span, Span)
    return span


def test_the_context_of_a_node_s_span_is_known_before() -> None:
    again = SpanContext(trace_id=1, span_id=2, is_remote=True)
    other = SpanContext(trace_id=1, span_id=3, is_remote=False)
    assert context_of(RUN, "a") == context_of(again, "a")
    assert len({context_of(*of).span_id for of in ((RUN, "a"), (RUN, "b"), (other, "a"))} | {2, 3}) == 5
    assert context_of(RUN, "a").is_valid
    assert context_of(RUN, "a").trace_id == 1


def test_of_very_many_nodes_those_that_failed_are_shown_first() -> None:
    timing = Timing(1000, 1001, 1)
    names = [f"n{number}" for number in range(3 * MOST_NODES)]
    bad = names[-2:]
    outputs = {name: b"1" for name in names if name not in bad}
    result = RunResult(
        "r", "1.0", outputs, dict.fromkeys(bad, "no"), timing, dict.fromkeys(names, timing), cancelled=False
    )
    spans = list(node_spans(started(), result, nodes_shown(result), Mask.none()))
    assert [span.name for span in spans] == [f"node {name}" for name in (*bad, *names[: MOST_NODES - 2])]
    assert [span.attributes["pipedreamer.state"] for span in spans[:3] if span.attributes] == [
        "failed",
        "failed",
        "succeeded",
    ]


def test_an_error_is_masked_before_it_is_cut() -> None:
    secret = "s3cr3t-" * 4
    text = "x" * (MOST_TEXT - 10) + secret
    timing = Timing(1000, 1001, 1)
    attempt = Attempt("a", 1, "failed", 1000, 1001, text)
    result = RunResult("r", "1.0", {}, {"a": text}, timing, {"a": timing}, (attempt,))
    (span,) = node_spans(started(), result, ["a"], Mask({"s": {"token": secret}}))
    (event,) = span.events
    assert event.attributes is not None
    for told in (span.status.description or "", str(event.attributes["pipedreamer.error"])):
        assert len(told) <= MOST_TEXT
        assert told.endswith("***")
