"""`pipedreamer serve`: what callers get, what the log says, and what is refused."""

import json
import re
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.running import PATIENCE, StartEngine, eventually
from tests.conftest import WriteWorkflow

ECHO = "def run(ctx, input):\n    return input\n"
HELD = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    if "until" in input:
        Path(input["begun"]).touch()
        while not Path(input["until"]).exists():
            await asyncio.sleep(0.01)
    return input.get("value")
"""
TELLING = """\
import sys

def run(ctx, input):
    ctx.log.debug("looking", {"at": 1})
    print("printed")
    if ctx.attempt == 1:
        ctx.log.warn("not yet")
        raise ValueError("the first attempt fails")
    return ctx.run_id
"""

CALLING = """\
async def run(ctx, url):
    try:
        return (await ctx.fetch("engine", url)).status
    except Exception as error:
        return str(error)
"""


def hold(folder: Path, number: int = 0) -> dict[str, Any]:
    """An input that holds a run of `HELD` until the file `until` is there."""
    return {"begun": str(folder / f"begun-{number}"), "until": str(folder / "until"), "value": number}


def test_a_workflow_is_run_for_every_caller(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"first": ECHO, "second": ECHO}, [("first", "second")])
    engine = start("serve", folder)
    assert engine.run({"name": "Ada"}).outputs == {"first": {"name": "Ada"}, "second": {"name": "Ada"}}
    assert engine.ask("GET", "/run").outputs == {"first": {}, "second": {}}
    assert engine.ask("GET", "/nowhere").status == 404
    assert engine.ask("DELETE", "/run").headers["allow"] == "GET, POST"


def test_the_current_folder_is_served_when_none_is_named(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    assert start("serve", folder=write_workflow({"echo": ECHO})).run(1).outputs == {"echo": 1}


def test_a_node_cannot_reach_the_engine_that_runs_it(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"call": CALLING}))
    for host in ("127.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]"):
        said = engine.run(f"http://{host}:{engine.port}/health").outputs["call"]
        assert "a port of the engine itself, which is never reached" in said


def test_health_readiness_and_figures_are_told(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}), "--workers", "2")
    assert engine.ask("GET", "/ready").json == {"status": "ready"}
    health = engine.ask("GET", "/health").json
    assert (health["status"], health["workflow"], health["version"]) == ("ok", "flow", "1.0")
    assert health["layers"]["time"] == "enforced"
    assert engine.run().status == 200
    eventually(lambda: engine.metric("pipedreamer_workers") == 2, "two workers")
    assert engine.metric('pipedreamer_runs_total{state="succeeded"}') == 1


def test_each_log_line_is_json_with_its_run_node_and_attempt(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"tell": TELLING}, extra="config: {retries: 1}"))
    run_id = engine.run().outputs["tell"]
    engine.says("printed", times=2)
    lines = [record for record in engine.records if record["node"] == "tell"]
    assert {(line["level"], line["message"], line["attempt"]) for line in lines} == {
        ("debug", 'looking {"at":1}', 1),
        ("debug", 'looking {"at":1}', 2),
        ("info", "printed", 1),
        ("info", "printed", 2),
        ("warn", "not yet", 1),
        ("warn", "attempt 1 of 2 failed: ValueError: the first attempt fails (nodes/tell.py:8)", 1),
    }
    for line in lines:
        assert (line["workflow"], line["version"], line["runId"]) == ("flow", "1.0", run_id)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
    assert "not yet" in engine.err
    assert "printed" in engine.out


def test_the_engine_s_own_lines_are_json_too_and_say_where_it_is(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}))
    engine.says("sandbox: ")
    serving, sandbox = engine.records
    assert serving["message"] == f"serving flow 1.0 at http://127.0.0.1:{engine.port}"
    assert (serving["level"], serving["workflow"], serving["node"]) == ("info", "flow", "")
    assert "time: enforced" in sandbox["message"]


def test_text_lines_come_when_asked_for(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"tell": TELLING}, extra="config: {retries: 1}"), "--log", "text")
    assert engine.run().status == 200
    engine.says("[tell] WARN not yet\n")
    assert "[tell] INFO printed\n" in engine.out
    assert "[workflow] INFO serving flow 1.0 at " in engine.out


def test_a_reader_of_the_log_who_goes_away_fails_no_run(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"chatty": "def run(ctx, input):\n    ctx.log.error('no')\n    return ctx.attempt\n"})
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path of ours
        engine = start("serve", folder, err=full)
    for _ in range(5):
        assert engine.run().outputs == {"chatty": 1}
    assert engine.metric("pipedreamer_worker_restarts_total") == 0


def test_pages_of_other_origins_and_unknown_hosts_are_refused(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}))
    for method in ("GET", "POST"):
        for name, value in (
            ("Host", "evil.example"),
            ("Origin", "https://evil.example"),
            ("Sec-Fetch-Site", "cross-site"),
        ):
            answer = engine.ask(method, "/run", headers={name: value})
            assert (answer.status, set(answer.json)) == (403, {"error"}), (method, name)
    assert engine.metric('pipedreamer_runs_total{state="succeeded"}') == 0


def test_a_host_that_was_allowed_is_known(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}), "--allow-host", "flows.example", "--host", "localhost")
    assert engine.ask("GET", "/run", headers={"Host": "flows.example"}).status == 200
    assert engine.ask("GET", "/run", headers={"Host": "flow.team.svc.cluster.local:8080"}).status == 200


def test_past_its_room_the_engine_refuses_and_says_when_to_come_back(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    engine = start(
        "serve", write_workflow({"held": HELD}, signs=True), "--workers", "1", "--max-runs", "1", "--max-queue", "1"
    )
    running = engine.call(hold(signs))
    eventually((signs / "begun-0").exists)
    waiting = engine.call({"value": "waited"})
    eventually(lambda: engine.metric("pipedreamer_runs_queued") == 1)
    refused = engine.run()
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert "try again later" in refused.json["error"]
    assert engine.metric("pipedreamer_runs_rejected_total") == 1
    (signs / "until").touch()
    assert running.answered().outputs == {"held": 0}
    assert waiting.answered().outputs == {"held": "waited"}
    assert engine.run({"value": 3}).outputs == {"held": 3}


def test_a_body_above_the_limit_that_was_set_is_refused(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}), "--max-body", "100")
    assert engine.run("a" * 98).outputs == {"echo": "a" * 98}
    refused = engine.run("a" * 99)
    assert refused.status == 413
    assert "larger than 100 bytes" in refused.json["error"]


def test_verbose_logs_every_request(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}), "--verbose")
    assert engine.ask("GET", "/ready").status == 200
    engine.says("GET /ready HTTP/1.1")
    assert json.loads(engine.out.splitlines()[-1])["level"] == "info"


def test_more_callers_than_the_usual_limit_of_open_files_are_answered(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow({"echo": ECHO})
    with open_files(100):
        engine = start("serve", folder)
    with ExitStack() as stack:
        callers = [
            stack.enter_context(socket.create_connection(("127.0.0.1", engine.port), timeout=PATIENCE))
            for _ in range(200)
        ]
        for caller in callers:
            caller.sendall(b"GET /run HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert {caller.recv(12) for caller in callers} == {b"HTTP/1.1 200"}


@contextmanager
def open_files(limit: int) -> Iterator[None]:
    """What is started in here may have so many open files, unless it asks for more."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
