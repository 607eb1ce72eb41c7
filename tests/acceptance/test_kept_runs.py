"""Runs that are kept: shown, gone on with after a crash, cancelled and repeated."""

import json
import os
import signal
import sqlite3
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.conftest import Person
from tests.acceptance.running import PATIENCE, Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow

ECHO = "def run(ctx, input):\n    return input\n"
STEP = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    ctx.log.info(f"{ctx.node} {ctx.attempt}")
    while input.get("until") and ctx.node == "b" and not Path(input["until"]).exists():
        await asyncio.sleep(0.01)
    if input.get("fail") and ctx.node == "b":
        raise ValueError(f"no luck with {ctx.secrets.get('slack', {}).get('token', '')}")
    return {**input, ctx.node: ctx.attempt}
"""
ASYNC = {"prefer": "respond-async"}


def runs(engine: Engine, query: str = "") -> list[dict[str, Any]]:
    answer = engine.ask("GET", f"/runs{query}")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json["runs"]
    return found


def show(engine: Engine, run_id: str) -> Any:
    return engine.ask("GET", f"/runs/{run_id}").json


def ended(engine: Engine, run_id: str) -> Any:
    """The run, once it has ended."""
    eventually(lambda: show(engine, run_id).get("endedAt"), "the end of the run")
    return show(engine, run_id)


def accepted(engine: Engine, given: Any, **headers: str) -> str:
    answer = engine.ask("POST", "/run", json.dumps(given).encode(), {**ASYNC, **headers})
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == f"runs/{answer.json['id']}"
    run_id: str = answer.json["id"]
    return run_id


@pytest.fixture
def flow(write_workflow: WriteWorkflow) -> Path:
    return write_workflow({"a": STEP, "b": STEP, "c": STEP}, edges=[("a", "b"), ("b", "c")], signs=True)


def test_a_run_that_was_answered_is_kept_also_after_a_kill(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    ids = [engine.run({"n": number}).json["runId"] for number in range(20)]
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.child.wait()
    engine = start("serve", flow)
    assert [run["id"] for run in runs(engine)] == ids[::-1]
    run = show(engine, ids[3])
    assert (run["state"], run["input"], run["trigger"]) == ("succeeded", {"n": 3}, "manual")
    assert [(node["id"], node["state"], node["output"]) for node in run["nodes"]] == [
        ("a", "succeeded", {"n": 3, "a": 1}),
        ("b", "succeeded", {"n": 3, "a": 1, "b": 1}),
        ("c", "succeeded", {"n": 3, "a": 1, "b": 1, "c": 1}),
    ]
    lines = engine.ask("GET", f"/runs/{ids[3]}/logs").json["lines"]
    assert [(line["n"], line["node"], line["message"]) for line in lines] == [
        (1, "a", "a 1"),
        (2, "b", "b 1"),
        (3, "c", "c 1"),
    ]


def test_an_accepted_run_goes_on_after_a_kill_where_it_was(flow: Path, start: StartEngine, signs: Path) -> None:
    gate = signs / "gate"
    engine = start("serve", flow)
    run_id = accepted(engine, {"until": str(gate)})
    engine.says("b 1")
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.child.wait()
    gate.touch()
    engine = start("serve", flow)
    engine.says("going on with 1 unfinished run")
    run = ended(engine, run_id)
    assert run["state"] == "succeeded"
    assert run["nodes"][2]["output"] == {"until": str(gate), "a": 1, "b": 2, "c": 1}
    assert "a 1" not in engine.out + engine.err
    lines = engine.ask("GET", f"/runs/{run_id}/logs").json["lines"]
    assert [line["n"] for line in lines] == list(range(1, len(lines) + 1))


def test_a_run_whose_code_is_gone_ends_as_interrupted_and_says_why(flow: Path, start: StartEngine, signs: Path) -> None:
    engine = start("serve", flow)
    run_id = accepted(engine, {"until": str(signs / "gate")})
    engine.says("b 1")
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.child.wait()
    (flow / "nodes" / "c.py").write_text(ECHO)
    run = ended(start("serve", flow), run_id)
    assert run["state"] == "interrupted"
    assert "this engine has 1.0" in run["error"]


def test_the_same_key_is_the_same_run_and_with_another_body_an_error(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    key = {"idempotency-key": "order-17"}
    first = engine.ask("POST", "/run", b'{"n":1}', key)
    assert first.status == 200
    assert engine.ask("POST", "/run", b'{"n":1}', key).json == first.json
    assert engine.ask("POST", "/run", b'{"n":1}', key | ASYNC).json["id"] == first.json["runId"]
    other = engine.ask("POST", "/run", b'{"n":2}', key)
    assert other.status == 422
    assert first.json["runId"] in other.json["error"]
    assert len(runs(engine)) == 1


def test_a_failed_run_is_repeated_from_where_it_failed_and_secrets_are_seen_by_nobody(
    flow: Path, start: StartEngine
) -> None:
    (flow / ".secrets.yaml").write_text("slack: {token: xoxb-very-secret}\n")
    spec = flow / "workflow.yaml"
    spec.write_text(spec.read_text().replace("net: any", "net: any, secrets: [slack]"))
    engine = start("serve", flow)
    given = {"fail": True, "token": "xoxb-very-secret"}
    failed = engine.run(given)
    assert failed.status == 500
    run = show(engine, failed.json["runId"])
    assert run["state"] == "failed"
    assert run["error"] == "ValueError: no luck with *** (nodes/b.py:9)"
    assert [node["state"] for node in run["nodes"]] == ["succeeded", "failed", "skipped"]
    assert run["input"] == {"fail": True, "token": "***"}
    record = b"".join(file.read_bytes() for file in (flow / ".pipedreamer" / "record").iterdir() if file.is_file())
    assert b"very-secret" not in record

    (flow / "nodes" / "b.py").write_text('def run(ctx, input):\n    return {"reversed": input["token"][::-1]}\n')
    engine.child.terminate()
    engine.child.wait()
    engine = start("serve", flow)
    answer = engine.ask("POST", f"/runs/{run['id']}/rerun", b'{"from": []}')
    again = ended(engine, answer.json["id"])
    assert (again["state"], again["trigger"], again["rerunOf"]) == ("succeeded", "rerun", run["id"])
    assert again["nodes"][1]["output"] == {"reversed": "xoxb-very-secret"[::-1]}
    assert "a 1" not in engine.out


def test_a_run_is_cancelled(flow: Path, start: StartEngine, signs: Path) -> None:
    engine = start("serve", flow)
    run_id = accepted(engine, {"until": str(signs / "never")})
    engine.says("b 1")
    assert engine.ask("POST", f"/runs/{run_id}/cancel").status == 202
    run = ended(engine, run_id)
    assert run["state"] == "cancelled"
    assert [node["state"] for node in run["nodes"]] == ["succeeded", "cancelled", "skipped"]
    again = engine.ask("POST", f"/runs/{run_id}/cancel")
    assert (again.status, again.json["error"]) == (409, f"run {run_id} has ended already (cancelled)")


def test_filters_and_pages(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    for number in range(5):
        engine.run({"n": number, "fail": number == 2})
    (failed,) = runs(engine, "?state=failed")
    assert failed["id"] in {run["id"] for run in runs(engine, f"?text={failed['id'][:20]}")}
    assert [run["id"] for run in runs(engine, "?text=no%20luck")] == [failed["id"]]
    first = engine.ask("GET", "/runs?limit=3").json
    rest = engine.ask("GET", f"/runs?limit=3&before={first['next']}").json
    assert len(first["runs"]) == 3
    assert len(rest["runs"]) == 2
    assert rest["next"] is None
    for wrong in ("?state=odd", "?limit=x", "?before=1", "?colour=red"):
        assert engine.ask("GET", f"/runs{wrong}").status == 400
    assert engine.ask("GET", "/runs/none").status == 404
    assert engine.ask("DELETE", "/runs").status == 405


def test_two_engines_do_not_write_to_one_record(flow: Path, start: StartEngine, person: Person) -> None:
    first = start("serve", flow)
    second = start("serve", flow)
    second.says("runs are not kept: ")
    assert second.run({"n": 1}).status == 200
    assert second.ask("GET", "/runs").status == 404
    assert second.ask("POST", "/run", b"{}", ASYNC).status == 501
    assert runs(first) == []
    record = flow / ".pipedreamer" / "record" / "runs.db"
    done = person.run("serve", str(flow), "--port", "0", "--record", str(record))
    assert done.returncode == 1
    assert str(first.process.pid) in done.stderr


Told = tuple[str, Any]


def blocks(lines: Iterable[str]) -> Iterator[Told]:
    """Events as they come: their kind and what they tell."""
    kind = ""
    for line in lines:
        name, _, value = line.rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def events(engine: Engine, path: str, **headers: str) -> list[Told]:
    """All of a stream that ends."""
    answer = engine.ask("GET", path, b"", headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return list(blocks(answer.body.decode().splitlines()))


@contextmanager
def watching(engine: Engine, path: str) -> Iterator[Iterator[Told]]:
    """A stream as it comes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{engine.port}{path}", timeout=PATIENCE) as answer:
        yield blocks(line.decode() for line in answer)


def states(told: Iterable[Told]) -> list[tuple[str, str]]:
    return [(data["node"], data["state"]) for kind, data in told if kind == "node"]


def test_a_run_is_watched_while_it_goes_and_afterwards(flow: Path, start: StartEngine, signs: Path) -> None:
    engine = start("serve", flow)
    gate = signs / "gate"
    run_id = accepted(engine, {"until": str(gate)})
    engine.says("b 1")
    with watching(engine, f"/runs/{run_id}/events") as stream:
        seen = [*takewhile(lambda told: told != ("run", told[1] | {"state": "running"}), stream)]
        assert states(seen) == [("a", "ok"), ("b", "running")]
        gate.touch()
        seen += stream
    assert states(seen) == [("a", "ok"), ("b", "running"), ("b", "ok"), ("c", "running"), ("c", "ok")]
    past = events(engine, f"/runs/{run_id}/events")
    assert states(past) == [("a", "ok"), ("b", "ok"), ("c", "ok")]
    for told in (seen, past):
        assert [data["message"] for kind, data in told if kind == "log"] == ["a 1", "b 1", "c 1"]
        assert told[-1] == ("run", {"id": run_id, "state": "succeeded", "at": show(engine, run_id)["endedAt"]})
    again = events(engine, f"/runs/{run_id}/events", **{"last-event-id": "2"})
    assert [data["message"] for kind, data in again if kind == "log"] == ["c 1"]


PAIR = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    ctx.log.info(f"{ctx.node} begins")
    with open(Path(input["signs"]) / "begun", "a") as file:
        file.write(f"{ctx.node} {ctx.attempt}\\n")
    if ctx.node == "flaky" and ctx.attempt == 1:
        raise ValueError("not yet")
    while ctx.node == "slow" and not (Path(input["signs"]) / "gate").exists():
        await asyncio.sleep(0.01)
    return ctx.attempt
"""


def test_what_ended_beside_a_node_that_a_kill_cut_off_is_kept(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    flow = write_workflow({"quick": PAIR, "flaky": PAIR, "slow": PAIR}, signs=True, extra="config: {retries: 1}")
    engine = start("serve", flow)
    run_id = accepted(engine, {"signs": str(signs)})

    def nodes() -> dict[str, Any]:
        return {node["id"]: node for node in show(engine, run_id)["nodes"]}

    def kept() -> list[Any]:
        return [nodes()[name]["state"] for name in ("quick", "flaky", "slow")]

    eventually(lambda: kept() == ["succeeded", "succeeded", "running"], "two nodes that have ended")
    assert [one["state"] for one in nodes()["flaky"]["attempts"]] == ["retry", "ok"]
    logs = f"/runs/{run_id}/logs"
    record = flow / ".pipedreamer" / "record" / "runs.db"
    eventually(lambda: sqlite3.connect(record).execute("SELECT count(*) FROM lines").fetchone() == (5,), "kept lines")
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.child.wait()
    (signs / "gate").touch()
    engine = start("serve", flow)
    assert ended(engine, run_id)["state"] == "succeeded"
    assert (signs / "begun").read_text().count("quick") == 1
    attempts = nodes()["slow"]["attempts"]
    assert [one["state"] for one in attempts] == ["interrupted", "ok"]
    assert attempts[0]["error"] == "the engine ended before the run did"
    assert [line["message"] for line in engine.ask("GET", logs).json["lines"]].count("slow begins") == 2


def test_a_run_that_is_waited_for_is_seen_while_it_goes(flow: Path, start: StartEngine, signs: Path) -> None:
    engine = start("serve", flow)
    gate = signs / "gate"
    caller = engine.call({"until": str(gate)})
    (run,) = eventually(lambda: runs(engine, "?state=running"), "a running run")
    assert show(engine, run["id"])["state"] == "running"
    gate.touch()
    assert caller.answered().json["runId"] == run["id"]
    assert [one["state"] for one in runs(engine)] == ["succeeded"]


def test_a_run_that_is_waited_for_and_cut_off_is_interrupted(flow: Path, start: StartEngine, signs: Path) -> None:
    engine = start("serve", flow)
    caller = engine.call({"until": str(signs / "gate")})
    record = flow / ".pipedreamer" / "record" / "runs.db"
    eventually(
        lambda: sqlite3.connect(record).execute("SELECT count(*) FROM owners").fetchone() == (1,), "a note of it"
    )
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.child.wait()
    caller.join(PATIENCE)
    engine = start("serve", flow)
    (run,) = runs(engine)
    assert (run["state"], run["error"]) == ("interrupted", "the engine ended before the run did")
    assert run["endedAt"] is not None
    (signs / "gate").touch()
    again = engine.ask("POST", f"/runs/{run['id']}/rerun", b"{}").json["id"]
    assert ended(engine, again)["state"] == "succeeded"


def test_another_input_of_a_rerun_must_fit_the_schema(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    schema = "input: {type: object, properties: {n: {type: integer, minimum: 1}}}"
    engine = start("serve", write_workflow({"echo": ECHO}, extra=schema))
    run_id = engine.run({"n": 1}).json["runId"]
    refused = engine.ask("POST", f"/runs/{run_id}/rerun", b'{"input": {"n": 0}}')
    assert refused.status == 422
    assert "less than the minimum of 1" in refused.json["error"]
    large = {"n": 0, "more": [0] * 10_000}  # of one above 16 KiB only the first problem is told
    schema = "input: {properties: {n: {minimum: 1}, more: {items: {minimum: 1}}}}"
    engine = start("serve", write_workflow({"echo": ECHO}, extra=schema, name="large"))
    run_id = engine.run({"n": 1}).json["runId"]
    refused = engine.ask("POST", f"/runs/{run_id}/rerun", json.dumps({"input": large}))
    assert (refused.status, len(refused.json["problems"])) == (422, 1)


def test_who_waits_for_a_durable_run_when_the_engine_stops_is_told_where_to_ask(
    flow: Path, start: StartEngine, signs: Path
) -> None:
    engine = start("serve", flow)
    gate, key = signs / "gate", {"idempotency-key": "order-18"}
    body = json.dumps({"until": str(gate)})
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(engine.ask, "POST", "/run", body, key)
        engine.says("b 1")
        engine.child.terminate()
        told = asking.result(PATIENCE)
    assert engine.child.wait() == 0
    assert "Traceback" not in engine.err + engine.out
    assert (told.status, told.headers["retry-after"]) == (503, "1")
    gate.touch()
    again = start("serve", flow).ask("POST", "/run", body, key)
    assert (again.status, again.json["runId"]) == (200, told.json["id"])


def test_a_rerun_with_a_key_is_made_once(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}))
    path, key = f"/runs/{engine.run({}).json['runId']}/rerun", {"idempotency-key": "again-1"}
    first, again = (engine.ask("POST", path, b"{}", key) for _ in range(2))
    assert (first.status, again.status) == (202, 202)
    assert first.json == again.json
    assert engine.ask("POST", path, b'{"input": 1}', key).status == 422
    both = engine.ask("POST", path, b'{"input": 1, "from": ["echo"]}')
    assert (both.status, 'leave out "from"' in both.json["error"]) == (400, True)


def test_what_the_record_cannot_show_is_a_page_for_a_browser(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    engine.run({})
    with closing(sqlite3.connect(flow / ".pipedreamer" / "record" / "runs.db")) as beside:
        eventually(lambda: beside.execute("SELECT count(*) FROM runs").fetchone() == (1,), "a run in the file")
        beside.execute("ALTER TABLE runs RENAME TO away")
    answer = engine.ask("GET", "/runs", None, {"accept": "text/html"})
    assert (answer.status, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert b"cannot be read or written" in answer.body


def test_another_input_of_a_rerun_stays_exact(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}))
    run_id = engine.run({}).json["runId"]
    given = b'{"large": 18446744073709551615, "fine": 0.10000000000000000001, "whole": 1.0}'
    answer = engine.ask("POST", f"/runs/{run_id}/rerun", b'{"input": ' + given + b"}")
    assert (answer.status, answer.headers["location"]) == (202, f"../../runs/{answer.json['id']}")
    ended(engine, answer.json["id"])
    assert engine.ask("GET", f"/runs/{answer.json['id']}/input").body == given


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"no", "the body is not JSON"),
        (b'{"imput": {}}', "unknown field `imput`"),
        (b'{"from": ["x"]}', "the workflow has no node 'x'; it has echo"),
        (b'{"input": 123456789012345678901}', "beyond 64 bits"),
    ],
)
def test_a_rerun_that_makes_no_sense_is_refused_and_starts_nothing(
    body: bytes, words: str, write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    engine = start("serve", write_workflow({"echo": ECHO}))
    run_id = engine.run({}).json["runId"]
    refused = engine.ask("POST", f"/runs/{run_id}/rerun", body)
    assert (refused.status, words in refused.json["error"]) == (400, True)
    assert len(runs(engine)) == 1


def test_a_run_whose_secret_is_gone_is_not_repeated(flow: Path, start: StartEngine) -> None:
    secrets = flow / ".secrets.yaml"
    secrets.write_text("slack: {token: xoxb-very-secret}\n")
    spec = flow / "workflow.yaml"
    spec.write_text(spec.read_text().replace("net: any", "net: any, secrets: [slack]"))
    engine = start("serve", flow)
    run_id = engine.run({"token": "xoxb-very-secret"}).json["runId"]
    engine.child.terminate()
    engine.ended()
    secrets.write_text("slack: {other: another-secret}\n")
    refused = start("serve", flow).ask("POST", f"/runs/{run_id}/rerun")
    assert refused.status == 409
    assert refused.json["error"].startswith(f"run {run_id} cannot be repeated as it was: ")
    assert "slack" in refused.json["error"]


def test_the_input_of_a_run_under_way_is_there(flow: Path, start: StartEngine, signs: Path) -> None:
    engine = start("serve", flow)
    gate = signs / "gate"
    caller = engine.call({"until": str(gate)})
    (run,) = eventually(lambda: runs(engine, "?state=running"), "a running run")
    assert run["hasEnded"] is False
    assert [one["id"] for one in runs(engine, f"?text={run['id'][:20]}")] == [run["id"]]
    assert engine.ask("GET", f"/runs/{run['id']}/input").json == {"until": str(gate)}
    gate.touch()
    caller.answered()


def test_odd_requests_are_answered_and_not_failed(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    run_id = engine.run({}).json["runId"]
    wrong = ("/runs?limit=0", "/runs?text=%00", "/runs?text=%FF", f"/runs/{run_id}/logs?limit=0", "/run?wait=maybe")
    assert [engine.ask("GET", path).status for path in wrong] == [400] * 5
    odd = ("//runs", "/runs/", "/runs/%00", f"/runs/{run_id}/", "/runs/events/logs")
    assert [engine.ask("GET", path).status for path in odd] == [404] * 5
    assert engine.ask("POST", "/run?name=%C3%A9", b"{}").status == 200
    assert engine.ask("POST", "/run", b"{}", {"idempotency-key": ""}).status == 400
    assert "while answering" not in engine.out + engine.err


def test_a_header_that_says_how_a_run_is_kept_stands_once(flow: Path, start: StartEngine) -> None:
    engine = start("serve", flow)
    for name, first, second in (("prefer", "respond-async", "wait=9"), ("idempotency-key", "a", "b")):
        connection = HTTPConnection("127.0.0.1", engine.port, timeout=PATIENCE)
        connection.putrequest("POST", "/run")
        for value in (first, second):
            connection.putheader(name, value)
        connection.putheader("content-length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, f"the header {name} stands more than once" in answer.read().decode()) == (400, True)
        connection.close()
    assert runs(engine) == []
