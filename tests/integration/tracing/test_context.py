"""The trace context on its way from a caller through a run to what its nodes fetch."""

from typing import Any

import orjson
import pytest
from tests.collector import Collector
from tests.integration.broker.servers import Server, answering, reply, serving

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FETCH = {
    "python": """
        async def run(ctx, input):
            await ctx.fetch("x", input["url"], {"headers": input.get("headers", {})})
            return 1
    """,
    "typescript": """
        export default async function run(ctx: any, input: any) {
          await ctx.fetch("x", input.url, { headers: input.headers ?? {} });
          return 1;
        }
    """,
    "typescript's own fetch": """
        export default async function run(_: any, input: any) {
          await fetch(input.url, { headers: input.headers ?? {} });
          return 1;
        }
    """,
}


def caller(flags: str = "01", state: str = "") -> dict[bytes, bytes]:
    headers = {b"traceparent": f"00-{TRACE}-{CALLER}-{flags}".encode()}
    return headers | ({b"tracestate": state.encode()} if state else {})


@pytest.fixture(params=list(FETCH))
def folder(request: pytest.FixtureRequest, write_workflow: Any) -> Any:
    name = "call" if request.param == "python" else "call.ts"
    return write_workflow({name: FETCH[request.param]}, extra="permissions: {net: any}")


async def fetched(traced: Any, given: dict[str, Any], headers: dict[bytes, bytes]) -> Any:
    """What a run that was asked for with these headers fetched."""
    async with serving(answering(reply())) as server:
        result = await one_run(traced, server, given, headers)
        assert result.success, result.errors
        (received,) = server.received
        return received


async def one_run(traced: Any, server: Server, given: dict[str, Any], headers: dict[bytes, bytes]) -> Any:
    run_id = traced.traces.expect(headers)
    return await traced.bench.session.execute(orjson.dumps(given | {"url": server.url()}), run_id=run_id)


async def test_a_fetch_is_a_child_of_its_node_and_the_run_one_of_its_caller(
    collector: Collector, trace: Any, folder: Any
) -> None:
    traced = await trace(folder)
    received = await fetched(traced, {}, caller(state="vendor=1"))
    await traced.close()
    (run,) = collector.runs()
    assert (run.trace_id, run.parent_id, run.state) == (TRACE, CALLER, "vendor=1")
    assert run.attributes["pipedreamer.run.trigger"] == "manual"
    node = collector.nodes(run)["call"]
    assert received.header("traceparent") == f"00-{TRACE}-{node.span_id}-01"
    assert received.header("tracestate") == "vendor=1"


async def test_what_a_node_set_itself_is_left_as_it_is(collector: Collector, trace: Any, folder: Any) -> None:
    own = f"00-{'1' * 32}-{'2' * 16}-00"
    traced = await trace(folder)
    received = await fetched(traced, {"headers": {"Traceparent": own}}, caller(state="vendor=1"))
    assert received.header("traceparent") == own
    assert received.header("tracestate") is None


async def test_what_a_caller_does_not_sample_is_passed_on_and_not_sent(
    collector: Collector, trace: Any, folder: Any
) -> None:
    traced = await trace(folder)
    received = await fetched(traced, {}, caller("00"))
    await traced.close()
    version, trace_id, span_id, flags = received.header("traceparent").split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "00")
    assert span_id not in (CALLER, "0" * 16)
    assert collector.spans == []


async def test_with_sampling_off_nothing_is_sent_and_the_next_is_told(
    collector: Collector, trace: Any, folder: Any
) -> None:
    traced = await trace(folder, OTEL_TRACES_SAMPLER="always_off")
    received = await fetched(traced, {}, caller("01"))
    without = await fetched(traced, {}, {})
    await traced.close()
    assert received.header("traceparent").startswith(f"00-{TRACE}-")
    assert not int(received.header("traceparent")[-2:], 16) & 1
    assert not int(without.header("traceparent")[-2:], 16) & 1
    assert collector.spans == []


async def test_nodes_of_one_run_have_contexts_of_their_own(
    collector: Collector, trace: Any, write_workflow: Any
) -> None:
    source = FETCH["python"]
    folder = write_workflow({"a": source, "b": source}, extra="permissions: {net: any}")
    traced = await trace(folder)
    async with serving(answering(reply())) as server:
        for _ in range(2):
            assert (await one_run(traced, server, {}, {})).success
        seen = [received.header("traceparent") for received in server.received]
    await traced.close()
    expected = [f"{run.trace_id}-{span.span_id}" for run in collector.runs() for span in collector.nodes(run).values()]
    assert len(set(expected)) == 4
    assert sorted(expected) == sorted(one[3:-3] for one in seen if one)


@pytest.mark.parametrize(
    "header", [b"nonsense", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01", b"\xff\xfe", b"ff-" + b"1" * 32 + b"-01"]
)
async def test_a_context_that_is_none_begins_a_trace(
    collector: Collector, trace: Any, write_workflow: Any, header: bytes
) -> None:
    traced = await trace(write_workflow({"a": "def run(ctx, input):\n    return 1\n"}))
    run_id = traced.traces.expect({b"traceparent": header, b"tracestate": b"\xff=,,=="})
    assert (await traced.bench.session.execute(b"{}", run_id=run_id)).success
    await traced.close()
    (run,) = collector.runs()
    assert (run.parent_id, run.attributes["pipedreamer.run.id"]) == ("", run_id)


async def test_callers_whose_runs_never_begin_are_forgotten(
    collector: Collector, trace: Any, write_workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipedreamer.runtime.tracing.traces.MOST_EXPECTED", 2)
    traced = await trace(write_workflow({"a": "def run(ctx, input):\n    return 1\n"}))
    names = [traced.traces.expect(caller()) for _ in range(3)]
    for name in names:
        await traced.bench.session.execute(b"{}", run_id=name)
    await traced.close()
    assert [run.parent_id for run in collector.runs()] == ["", CALLER, CALLER]
