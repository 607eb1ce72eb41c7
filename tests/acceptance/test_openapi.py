"""`/openapi.json` of an engine that serves, and schemathesis holding the engine to it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.acceptance.running import Engine, StartEngine
from tests.conftest import WriteWorkflow

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests/acceptance/openapi/schemathesis.toml"
CHECK = """\
def run(ctx, input):
    ctx.log.info("checking", input)
    if input.get("note") == "unlucky":
        raise ValueError("an unlucky order")
    return input
"""
BOOK = "def run(ctx, input):\n    return {'booked': input['order']}\n"
INPUT = """\
description: Takes orders.
input:
  type: object
  required: [order]
  additionalProperties: false
  properties:
    order: {$ref: "#/$defs/positive"}
    note: {type: string, maxLength: 40}
    lines: {type: array, items: {$ref: "#/$defs/line"}}
  $defs:
    positive: {type: integer, minimum: 1, maximum: 1000000}
    line:
      type: object
      required: [sku]
      additionalProperties: false
      properties: {sku: {type: string}, amount: {$ref: "#/$defs/positive"}}
"""


@pytest.fixture
def engine(write_workflow: WriteWorkflow, start: StartEngine) -> Engine:
    return start("serve", write_workflow({"check": CHECK, "book": BOOK}, edges=[("check", "book")], extra=INPUT))


def test_the_engine_does_what_its_description_says(engine: Engine, tmp_path: Path) -> None:
    assert [engine.run({"order": 1, "note": note}).status for note in ("", "unlucky", "b")] == [200, 500, 200]
    program = Path(sys.executable).with_name("schemathesis")
    address = f"http://127.0.0.1:{engine.port}/openapi.json"
    done = subprocess.run(
        [program, "--config-file", CONFIG, "run", address, "--no-color"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.acceptance.openapi.hooks"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Selected: 14/16" in done.stdout
    assert "while answering" not in engine.err


def test_streams_are_what_the_description_says(engine: Engine) -> None:
    run_id = engine.run({"order": 1}).json["runId"]
    paths = engine.ask("GET", "/openapi.json").json["paths"]
    for path in ("/runs/events", "/runs/{id}/events"):
        assert list(paths[path]["get"]["responses"]["200"]["content"]) == ["text/event-stream"]
    assert engine.ask("GET", f"/runs/{run_id}/events").headers["content-type"].startswith("text/event-stream;")
    for path in ("/runs/events", f"/runs/{run_id}/events"):
        refused = engine.ask("HEAD", path)  # there would be no end to it
        assert (refused.status, refused.headers["allow"]) == (405, "GET")
    assert engine.ask("GET", "/runs/none/events").status == 404


def test_the_description_is_of_what_is_served(engine: Engine) -> None:
    found = engine.ask("GET", "/openapi.json")
    assert (found.status, found.headers["content-type"]) == (200, "application/json")
    info = found.json["info"]
    assert (info["title"], info["version"]) == ("flow", "1.0")
    assert info["description"].startswith("Takes orders.")
    assert engine.ask("HEAD", "/openapi.json").headers["content-length"] == found.headers["content-length"]
    assert engine.ask("POST", "/openapi.json").headers["allow"] == "GET, HEAD"


def test_without_a_record_no_runs_are_described(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"check": CHECK}), "--record", "none")
    paths = engine.ask("GET", "/openapi.json").json["paths"]
    assert "/run" in paths
    assert [path for path in paths if path.startswith("/runs")] == []
