"""`serve` with the variables of OpenTelemetry, and without."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Engine, StartEngine, eventually
from tests.collector import Collector, Span, collecting
from tests.conftest import WriteWorkflow

TELL = "def run(ctx, input):\n    ctx.log.info('hello')\n    return input\n"
STOP = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    while not Path(input["until"]).exists():
        await asyncio.sleep(0.01)
    return ctx.attempt
"""
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALL = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def variables(collector: Collector) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}


def ran(collector: Collector, run_id: str) -> list[Span]:
    """The spans of a run's own, by its id."""
    return [span for span in collector.runs() if span.attributes["pipedreamer.run.id"] == run_id]


@pytest.mark.parametrize("record", [(), ("--record", "none")], ids=["kept", "not kept"])
def test_a_run_belongs_to_its_caller_s_trace_and_so_do_its_lines(
    write_workflow: WriteWorkflow,
    start: StartEngine,
    collector: Collector,
    variables: dict[str, str],
    record: tuple[str, ...],
) -> None:
    engine = start("serve", write_workflow({"a": TELL}), *record, env=variables)
    answer = engine.ask("POST", "/run", "{}", CALL)
    large = engine.ask("POST", "/run", json.dumps("x" * 100_000), CALL)
    got = engine.ask("GET", "/run", None, CALL)
    engine.signal(signal.SIGTERM)
    assert engine.ended() == 0
    for one in (answer, large, got):
        (run,) = ran(collector, one.json["runId"])
        assert (run.trace_id, run.parent_id) == (TRACE, CALLER)
        assert run.attributes["pipedreamer.run.trigger"] == "manual"
        assert collector.nodes(run).keys() == {"a"}
    said = [record for record in engine.records if record["message"] == "hello"]
    assert [record["trace_id"] for record in said] == [TRACE] * 3
    assert all("trace_id" not in record for record in engine.records if not record["runId"])


def test_a_durable_run_belongs_to_it_too_and_what_goes_on_elsewhere_is_linked_by_its_id(
    write_workflow: WriteWorkflow,
    start: StartEngine,
    collector: Collector,
    variables: dict[str, str],
    tmp_path: Path,
    signs: Path,
) -> None:
    folder = write_workflow({"a": TELL, "b": STOP}, edges=[("a", "b")], signs=True)
    given: dict[str, Any] = {"until": str(signs / "done")}
    engine = start("serve", folder, env=variables)
    held = engine.ask("POST", "/run?wait=false", json.dumps(given), CALL).json["id"]
    eventually(lambda: "hello" in engine.out, "the first node")
    eventually(lambda: len(engine.ask("GET", f"/runs/{held}").json["nodes"]) > 0, "the first node is kept")
    engine.signal(signal.SIGKILL)
    engine.ended()
    (signs / "done").touch()
    again = start("serve", folder, env=variables)
    eventually(lambda: ran(collector, held), "the end of the run")
    whole = again.ask("POST", "/run?wait=false", json.dumps(given), CALL).json["id"]
    eventually(lambda: ran(collector, whole), "the end of the run")
    rerun = again.ask("POST", f"/runs/{whole}/rerun", "{}").json["id"]
    eventually(lambda: ran(collector, rerun), "the end of the re-run")
    (resumed,), (run,), (repeated,) = (ran(collector, one) for one in (held, whole, rerun))
    assert (run.trace_id, run.parent_id, run.attributes["pipedreamer.run.trigger"]) == (TRACE, CALLER, "manual")
    assert collector.nodes(run).keys() == {"a", "b"}
    assert resumed.attributes["pipedreamer.run.resumed"] is True
    assert resumed.trace_id != TRACE
    assert repeated.attributes["pipedreamer.run.trigger"] == "rerun"
    assert repeated.trace_id not in (TRACE, resumed.trace_id)


def test_a_collector_that_is_not_there_costs_one_warning(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    down = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT": "0.1"}
    engine = start("serve", write_workflow({"a": TELL}), env=down | {"OTEL_BSP_SCHEDULE_DELAY": "20"})
    for _ in range(5):
        assert engine.run().status == 200
    engine.says("traces are lost, and runs go on: no collector can be reached")
    for _ in range(5):
        assert engine.run().status == 200
    engine.signal(signal.SIGTERM)
    assert engine.ended() == 0
    warnings = [record["message"] for record in engine.records if record["level"] != "info"]
    assert warnings == ["traces are lost, and runs go on: no collector can be reached; see OTEL_EXPORTER_OTLP_ENDPOINT"]


def test_a_protocol_that_is_not_spoken_is_told_and_the_engine_serves(
    write_workflow: WriteWorkflow, start: StartEngine, variables: dict[str, str]
) -> None:
    engine = start("serve", write_workflow({"a": TELL}), env=variables | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})
    assert engine.run().status == 200
    assert "no traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc" in engine.err


def test_without_the_variables_nothing_of_it_is_imported(
    write_workflow: WriteWorkflow, start: StartEngine, variables: dict[str, str]
) -> None:
    def imported(engine: Engine) -> str:
        assert engine.run().status == 200
        assert engine.ask("GET", "/metrics").status == 200
        engine.signal(signal.SIGTERM)
        assert engine.ended() == 0
        return engine.err

    folder = write_workflow({"a": TELL})
    plain = imported(start("serve", folder, env=IMPORTS))
    assert "| " in plain
    assert "pipedreamer.runtime.session" in plain
    assert "opentelemetry" not in plain
    assert "pipedreamer.runtime.tracing.traces" not in plain
    assert "opentelemetry" in imported(start("serve", folder, env=IMPORTS | variables))
