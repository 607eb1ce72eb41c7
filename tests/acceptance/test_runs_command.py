"""`pipedreamer runs` and the client behind it, against an engine that serves."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.conftest import Person
from tests.acceptance.running import Engine, StartEngine
from tests.conftest import WriteWorkflow

from pipedreamer.client import Client
from pipedreamer.errors import EngineAnswerError

CHECK = """\
def run(ctx, input):
    ctx.log.info("checking", input)
    if input.get("bad"):
        raise ValueError("a bad input")
    return {"checked": input}
"""
AFTER = "def run(ctx, input):\n    return input\n"


@pytest.fixture
def engine(write_workflow: WriteWorkflow, start: StartEngine) -> Engine:
    return start("serve", write_workflow({"first": AFTER, "check": CHECK}, edges=[("first", "check")]))


@pytest.fixture
def client(engine: Engine) -> Iterator[Client]:
    with Client(f"http://127.0.0.1:{engine.port}") as client:
        yield client


def test_runs_are_listed_shown_repeated_and_exported(engine: Engine, client: Client, person: Person) -> None:
    at = ("--url", f"http://127.0.0.1:{engine.port}")
    assert person.run("runs", *at).stderr.startswith("no runs yet")
    failed = engine.run({"bad": True}).json["runId"]
    listed = person.run("runs", "list", *at, "--state", "failed").stdout
    assert listed.startswith(f"{failed}  failed ")
    assert "a bad input (nodes/check.py:4)" in listed
    shown = person.run("runs", "show", failed, *at).stdout
    assert 'input: {"bad": true}\n' in shown
    assert "check: failed\n  attempt 1: ValueError: a bad input (nodes/check.py:4)\n" in shown
    assert "[check] INFO checking" in person.run("runs", "logs", failed, *at).stdout

    fixture = person.folder / "tests" / "fixtures" / "check-bad.json"
    done = person.run("runs", "export-fixture", failed, "check", *at, "--to", str(fixture))
    assert (done.returncode, json.loads(fixture.read_text())) == (0, {"input": {"bad": True}})

    again = person.run("runs", "rerun", failed, *at, "--input", '{"bad": false}').stdout.strip()
    assert client.wait(again).state == "succeeded"
    followed = person.run("runs", "logs", "-f", again, *at)
    assert "[check] INFO checking" in followed.stdout


def test_a_client_starts_waits_and_reads(client: Client) -> None:
    run_id = client.start({"n": 1}, key="k")
    assert client.start({"n": 1}, key="k") == run_id
    run = client.wait(run_id)
    assert run.has_ended
    assert (run.state, run.input, run.nodes[1].output) == ("succeeded", {"n": 1}, {"checked": {"n": 1}})
    assert run.nodes[1].parents == ("first",)
    assert [line.node for line in client.lines(run_id)] == ["check"]
    found, more = client.runs(limit=10, state="succeeded")
    assert [one.id for one in found] == [run_id]
    assert more is None
    with pytest.raises(EngineAnswerError, match="succeeded") as refused:
        client.cancel(run_id)
    assert refused.value.status == 409


def test_what_is_not_there_is_said(client: Client, person: Person, tmp_path: Path) -> None:
    with pytest.raises(EngineAnswerError, match="there is no run"):
        client.run("0" * 32)
    done = person.run("runs", "--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no engine answers at http://127.0.0.1:9/")
    assert person.run("runs", "show").returncode == 2
