"""What a run and its nodes become in a trace."""

import asyncio
import time
from typing import Any

import pytest
from tests.collector import Collector

from pipedreamer.runtime.settings import Settings
from pipedreamer.runtime.staged_executor import Resumed

ECHO = "def run(ctx, input):\n    return input\n"
FAILING = """
    def run(ctx, input):
        if ctx.attempt <= input["failures"]:
            raise ValueError(f"no luck with {ctx.secrets['slack']['token']}, the {ctx.attempt}. time")
        return ctx.attempt
"""
SECRETS = Settings(config={}, secrets={"slack": {"token": "xoxb-123456"}})
SERVER = 2


class Kept:
    """A keeper that keeps nothing."""

    async def keep(self, *_: Any) -> None:
        return

    def hear(self, *_: Any) -> None:
        return


@pytest.fixture
def flow(write_workflow: Any) -> Any:
    return write_workflow({"a": ECHO, "b": FAILING}, edges=[("a", "b")], extra="config: {retries: 1}")


async def test_a_run_is_a_trace_with_a_span_for_each_node(collector: Collector, trace: Any, flow: Any) -> None:
    before = time.time_ns()
    traced = await trace(flow)
    result = await traced.bench.run({"failures": 0})
    await traced.close()
    (run,) = collector.runs()
    assert (run.name, run.kind, run.parent_id, run.status) == ("run flow", SERVER, "", 0)
    assert run.attributes == {
        "pipedreamer.workflow": "flow",
        "pipedreamer.version": "1.0",
        "pipedreamer.run.id": result.run_id,
        "pipedreamer.state": "succeeded",
    }
    nodes = collector.nodes(run)
    assert [nodes["a"].name, nodes["b"].name] == ["node a", "node b"]
    assert {span.trace_id for span in nodes.values()} == {run.trace_id}
    assert nodes["a"].attributes == {
        "pipedreamer.node": "a",
        "pipedreamer.node.attempts": 1,
        "pipedreamer.state": "succeeded",
    }
    timing = result.node_timings["b"]
    assert nodes["b"].ended_ns // 1_000_000 in (timing.completed_at, run.began_ns // 1_000_000)
    for node in nodes.values():
        assert before < run.began_ns <= node.began_ns <= node.ended_ns <= run.ended_ns < time.time_ns()
    assert len(collector.spans) == 3
    assert collector.paths[0] == "/v1/traces"
    assert run.resource["service.name"] == "flow"
    assert traced.warnings == []


async def test_attempts_are_events_and_errors_are_masked(collector: Collector, trace: Any, flow: Any) -> None:
    traced = await trace(flow, settings=SECRETS)
    await traced.bench.run({"failures": 1})
    await traced.bench.run({"failures": 2})
    await traced.close()
    good, bad = collector.runs()
    retried, failed = collector.nodes(good)["b"], collector.nodes(bad)["b"]
    assert (good.status, retried.status, retried.attributes["pipedreamer.node.attempts"]) == (0, 0, 2)
    first, second = retried.events
    assert first.attributes["pipedreamer.attempt"] == 1
    assert first.attributes["pipedreamer.state"] == "retried"
    assert first.attributes["pipedreamer.error"].startswith("ValueError: no luck with ***, the 1. time")
    assert second.attributes["pipedreamer.state"] == "succeeded"
    assert first.at_ns < second.at_ns
    assert (bad.status, failed.status) == (2, 2)
    assert bad.attributes["pipedreamer.state"] == failed.attributes["pipedreamer.state"] == "failed"
    assert failed.error == bad.error
    assert "no luck with ***, the 2. time" in failed.error
    assert [event.attributes["pipedreamer.state"] for event in failed.events] == ["retried", "failed"]
    assert "xoxb" not in str(collector.spans)


async def test_a_node_that_takes_its_process_with_it_was_interrupted(
    collector: Collector, trace: Any, write_workflow: Any
) -> None:
    folder = write_workflow({"die": "import os\n\ndef run(ctx, input):\n    os._exit(7)\n"})
    traced = await trace(folder)
    await traced.bench.run()
    await traced.close()
    (run,) = collector.runs()
    node = collector.nodes(run)["die"]
    assert (run.status, node.status, node.attributes["pipedreamer.state"]) == (2, 2, "interrupted")
    assert "exited with code 7" in node.error


async def test_a_cancelled_run_is_no_error(collector: Collector, trace: Any, write_workflow: Any) -> None:
    waiting = "import asyncio\n\nasync def run(ctx, input):\n    print('here')\n    await asyncio.sleep(600)\n"
    traced = await trace(write_workflow({"wait": waiting}))
    running = traced.bench.session.execute(b"{}", run_id="r")
    async with asyncio.timeout(30):
        while not traced.bench.lines:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert traced.bench.session.cancel("r")
    await running
    await traced.close()
    (run,) = collector.runs()
    assert (run.status, run.attributes["pipedreamer.state"]) == (0, "cancelled")
    assert collector.nodes(run)["wait"].attributes["pipedreamer.state"] == "cancelled"


async def test_a_kept_run_is_one_trace_over_all_its_stages(collector: Collector, trace: Any, flow: Any) -> None:
    traced = await trace(flow)
    traced.traces.expect({}, "manual", "r1")
    await traced.bench.session.execute_kept(b'{"failures": 0}', run_id="r1", keeper=Kept())
    resumed = Resumed({"a": b'{"failures": 0}'}, {})
    await traced.bench.session.execute_kept(b'{"failures": 0}', run_id="r1", keeper=Kept(), resumed=resumed)
    await traced.close()
    first, second = collector.runs()
    assert collector.nodes(first).keys() == {"a", "b"}
    assert collector.nodes(second).keys() == {"b"}
    assert first.trace_id != second.trace_id
    assert first.attributes["pipedreamer.run.id"] == second.attributes["pipedreamer.run.id"] == "r1"
    assert "pipedreamer.run.resumed" not in first.attributes
    assert second.attributes["pipedreamer.run.resumed"] is True


async def test_a_run_that_there_is_no_room_for_is_told(collector: Collector, trace: Any, flow: Any) -> None:
    traced = await trace(flow)
    counts = traced.bench.session.counts
    counts.active = 10_000
    with pytest.raises(Exception, match="which is the limit"):
        await traced.bench.run()
    counts.active = 0
    await traced.close()
    (run,) = collector.runs()
    assert (run.status, run.attributes["pipedreamer.state"]) == (2, "interrupted")
    assert "which is the limit" in run.error


async def test_each_line_names_its_trace(collector: Collector, trace: Any, write_workflow: Any) -> None:
    traced = await trace(write_workflow({"a": "def run(ctx, input):\n    ctx.log.info('hello')\n"}))
    await traced.bench.run()
    await traced.close()
    (run,) = collector.runs()
    assert [(line.message, line.trace_id) for line in traced.bench.lines] == [("hello", run.trace_id)]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("OTEL_SERVICE_NAME", "billing", {"service.name": "billing"}),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=billing,team=blue", {"service.name": "billing", "team": "blue"}),
        ("OTEL_RESOURCE_ATTRIBUTES", "team=blue", {"service.name": "flow", "team": "blue"}),
    ],
)
async def test_the_service_is_what_the_variables_say(
    collector: Collector, trace: Any, flow: Any, name: str, value: str, told: dict[str, str]
) -> None:
    traced = await trace(flow, **{name: value})
    await traced.bench.run({"failures": 0})
    await traced.close()
    assert told.items() <= collector.spans[0].resource.items()


async def test_an_endpoint_for_traces_is_taken_as_it_is(collector: Collector, trace: Any, flow: Any) -> None:
    traced = await trace(flow, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/mine")
    await traced.bench.run({"failures": 0})
    await traced.close()
    assert set(collector.paths) == {"/mine"}
