"""The figures of a running engine."""

import json
import re
import signal
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.acceptance.running import Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow

NODES = {
    "often": "def run(ctx, input):\n    assert ctx.attempt > input['times']\n    return ctx.attempt\n",
    "then": "def run(ctx, input):\n    return input\n",
}

WAIT = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    while not Path(input["until"]).exists():
        await asyncio.sleep(0.01)
"""


@pytest.fixture
def flow(write_workflow: WriteWorkflow) -> Path:
    return write_workflow(NODES, edges=[("often", "then")], extra="config: {retries: 2}")


def attempts(engine: Engine, node: str) -> dict[str, float]:
    """What came of the attempts at a node, where there were any."""
    text = engine.ask("GET", "/metrics").body.decode()
    found = re.findall(rf'^pipedreamer_node_attempts_total\{{node="{node}",state="(\w+)"\}} (\S+)$', text, re.MULTILINE)
    return {state: float(count) for state, count in found if float(count)}


def test_runs_nodes_and_their_attempts_are_counted(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow, "--record", "none")
    assert engine.run({"times": 0}).status == 200
    assert engine.run({"times": 1}).status == 200
    assert engine.run({"times": 3}).status == 500
    assert engine.metric('pipedreamer_runs_total{state="succeeded"}') == 2
    assert engine.metric('pipedreamer_runs_total{state="failed"}') == 1
    assert attempts(engine, "often") == {"succeeded": 2, "retried": 3, "failed": 1}
    assert attempts(engine, "then") == {"succeeded": 2}
    assert engine.metric('pipedreamer_node_duration_seconds_count{node="often"}') == 3
    assert engine.metric('pipedreamer_node_duration_seconds_count{node="then"}') == 2
    assert engine.metric("pipedreamer_run_duration_seconds_count") == 3
    assert "pipedreamer_record" not in engine.ask("GET", "/metrics").body.decode()


def test_durable_runs_and_the_record_are_counted(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    answer = engine.ask("POST", "/run?wait=false", json.dumps({"times": 1}))
    assert answer.status == 202
    eventually(lambda: engine.metric('pipedreamer_runs_total{state="succeeded"}') == 1, "the end of the run")
    assert attempts(engine, "often") == {"succeeded": 1, "retried": 1}
    eventually(lambda: engine.metric("pipedreamer_durable_runs_running") == 0, "the durable run's end")
    assert engine.metric("pipedreamer_durable_runs_waiting") == 0
    assert engine.metric("pipedreamer_record_bytes") > 0
    assert engine.metric("pipedreamer_record_trouble") == 0
    assert engine.metric("pipedreamer_record_lag_seconds") == 0


def test_durable_runs_that_end_before_they_begin_are_counted(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    folder = write_workflow({"wait": WAIT}, signs=True)
    given = json.dumps({"until": str(signs / "never")})
    engine = start("serve", folder, "--max-runs", "1")
    ids = [engine.ask("POST", "/run?wait=false", given).json["id"] for _ in range(2)]
    assert engine.metric("pipedreamer_durable_runs_running") == 1
    assert engine.metric("pipedreamer_durable_runs_waiting") == 1
    assert engine.ask("POST", f"/runs/{ids[1]}/cancel").status == 202
    assert engine.metric("pipedreamer_durable_runs_waiting") == 0
    assert engine.metric('pipedreamer_runs_total{state="cancelled"}') == 1
    engine.signal(signal.SIGKILL)
    engine.ended()
    (folder / "nodes/wait.py").write_text(WAIT + "# another version\n")
    again = start("serve", folder)
    assert again.ask("GET", f"/runs/{ids[0]}").json["state"] == "interrupted"
    assert again.metric('pipedreamer_runs_total{state="interrupted"}') == 1


def test_a_strict_reader_takes_all_of_it(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    engine.run({"times": 1})
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    text = engine.ask("GET", "/metrics", headers=accept).body.decode()
    names = {family.name for family in text_string_to_metric_families(text)}  # type: ignore[no-untyped-call] # it has no types
    assert {"pipedreamer_runs", "pipedreamer_node_duration_seconds", "pipedreamer_record_bytes"} <= names
