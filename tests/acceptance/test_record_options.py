"""How long runs are kept and where their values lie, by the options of `serve`."""

from pathlib import Path

import pytest
from tests.acceptance.conftest import Person
from tests.acceptance.running import StartEngine, eventually
from tests.conftest import WriteWorkflow

ECHO = "def run(ctx, input):\n    return input\n"


@pytest.fixture
def flow(write_workflow: WriteWorkflow) -> Path:
    return write_workflow({"echo": ECHO})


def test_the_oldest_runs_beyond_a_number_are_removed(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    ids = [engine.run({"n": number}).json["runId"] for number in range(6)]
    engine.child.terminate()
    assert engine.child.wait() == 0
    engine = start("serve", flow, "--record-runs", "2")
    eventually(lambda: len(engine.ask("GET", "/runs").json["runs"]) == 2, "the removal of four runs")
    assert [run["id"] for run in engine.ask("GET", "/runs").json["runs"]] == [ids[5], ids[4]]


def test_large_values_lie_beside_their_run(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow, "--record-inline", "1024", "--record-days", "0")
    run_id = engine.run({"text": "x" * 4000}).json["runId"]
    beside = flow / ".pipedreamer" / "record" / "runs.db.values"
    assert sorted(file.stat().st_size for file in beside.rglob("*") if file.is_file()) == [4011, 4012]
    assert engine.ask("GET", f"/runs/{run_id}/nodes/echo/output").json == {"text": "x" * 4000}


def test_what_makes_no_sense_is_refused(flow: Path, person: Person) -> None:
    done = person.run("serve", str(flow), "--record-inline", "10")
    assert done.returncode == 2
    assert "--record-inline" in done.stderr
