"""A thousand callers at once, a third of them with a node that does not end well: everybody gets their own answer."""

import asyncio
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow

RUNS = 1000
FIRST = """\
async def run(ctx, input):
    return {**input, "seen": [ctx.run_id, ctx.attempt > 0]}
"""
ASYNC = """\
import asyncio
import os
import signal

async def run(ctx, input):
    match input["kind"]:
        case "raises":
            raise ValueError(f"number {input['number']}")
        case "exits":
            os._exit(7)
        case "sleeps":
            await asyncio.sleep(3600)
        case "holds the loop":
            while True:
                pass
    await asyncio.sleep(0.001)
    return input
"""
PLAIN = """\
import os
import signal
import time

def run(ctx, input):
    match input["kind"]:
        case "raises in a thread":
            raise LookupError(f"number {input['number']}")
        case "is killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "sleeps in a thread":
            time.sleep(3600)
        case "turns in a thread":
            while True:
                pass
    return {"number": input["number"], "square": input["number"] ** 2, "run": input["seen"][0]}
"""
TIMED_OUT = 'Node "{}" timed out after 2000ms'
LOST = 'Node "{}" lost its worker process, which {}'
ENDS: dict[str, tuple[int, str, str]] = {
    "raises": (101, "work", "ValueError: number {number} (nodes/work.py:8)"),
    "raises in a thread": (101, "more", "LookupError: number {number} (nodes/more.py:8)"),
    "exits": (60, "work", LOST.format("work", "exited with code 7")),
    "is killed": (60, "more", LOST.format("more", "was killed by SIGKILL, perhaps because memory ran out")),
    "sleeps": (4, "work", TIMED_OUT.format("work")),
    "sleeps in a thread": (4, "more", TIMED_OUT.format("more")),
    "holds the loop": (2, "work", TIMED_OUT.format("work")),
    "turns in a thread": (2, "more", TIMED_OUT.format("more")),
}
"""How runs go wrong: how many do, which node it is, and the message."""


HOG = """\
import asyncio
import time
from pathlib import Path

async def hold(input):
    Path(input["hog"]).touch()
    while True:
        pass

"""
NEIGHBOURS = {
    "async": f"""{HOG}
async def run(ctx, input):
    if input["is"] == "hog":
        await hold(input)
    Path(input["honest"]).touch()
    while not Path(input["hog"]).exists():
        await asyncio.sleep(0)
    return "in time"
""",
    "plain": f"""{HOG}
def run(ctx, input):
    if input["is"] == "hog":
        return hold(input)
    Path(input["honest"]).touch()
    while not Path(input["hog"]).exists():
        time.sleep(0.001)
    return "in time"
""",
}
"""A node that waits until its neighbour has begun, which then lets nobody else do anything."""


def inputs() -> list[dict[str, Any]]:
    """A thousand inputs, the bad ones spread evenly among the good ones."""
    bad = [kind for kind, (count, _, _) in ENDS.items() for _ in range(count)]
    bad = [bad[at * 7 % len(bad)] for at in range(len(bad))]
    kinds = [bad[at // 3] if at % 3 == 0 and at // 3 < len(bad) else "ends well" for at in range(RUNS)]
    return [{"kind": kind, "number": number} for number, kind in enumerate(kinds)]


def expected(given: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The status, outputs and errors that a run must have; its own id is the one thing that only the answer knows."""
    kind, number, run = given["kind"], given["number"], answer["runId"]
    outputs: dict[str, Any] = {"first": {**given, "seen": [run, True]}, "work": {**given, "seen": [run, True]}}
    if kind == "ends well":
        more = {"number": number, "square": number**2, "run": run}
        return {"success": True, "outputs": {**outputs, "more": more}, "errors": {}}
    _, node, message = ENDS[kind]
    if node == "work":
        del outputs["work"]
    return {"success": False, "outputs": outputs, "errors": {node: message.format(number=number)}}


async def ask(engine: Engine, given: dict[str, Any], everyone_is_there: asyncio.Barrier) -> dict[str, Any]:
    """One caller with a connection of its own, who asks when all have one."""
    body = json.dumps(given).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    await everyone_is_there.wait()
    head = f"POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    status, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    answered: dict[str, Any] = json.loads(answer)
    assert status.startswith(b"HTTP/1.1 200 " if answered.get("success") else b"HTTP/1.1 500 "), answered
    return answered


@contextmanager
def room_for_connections() -> Iterator[None]:
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, max(soft, 4 * RUNS)), most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))


async def test_a_thousand_callers_each_get_their_own_answer_though_a_third_of_the_runs_end_badly(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow(
        {"first": FIRST, "work": ASYNC, "more": PLAIN}, [("first", "work"), ("work", "more")], "config: {timeout: 2s}"
    )
    engine = start("serve", folder, "--workers", "2")
    given = inputs()
    assert sum(one["kind"] != "ends well" for one in given) == sum(count for count, _, _ in ENDS.values()) == 334
    everyone_is_there = asyncio.Barrier(RUNS)
    with room_for_connections():
        answers = await asyncio.gather(*(ask(engine, one, everyone_is_there) for one in given))
    wrong = [
        (one["kind"], answer)
        for one, answer in zip(given, answers, strict=True)
        if {key: answer.get(key) for key in ("success", "outputs", "errors")} != expected(one, answer)
    ]
    assert wrong == [], Counter((kind, str(answer.get("errors", answer))) for kind, answer in wrong)
    assert len({answer["runId"] for answer in answers}) == RUNS
    assert engine.metric('pipedreamer_runs_total{state="succeeded"}') == 666
    assert engine.metric('pipedreamer_runs_total{state="failed"}') == 334
    assert engine.metric("pipedreamer_runs_running") == 0
    assert engine.run(given[1]).status == 200
    eventually(lambda: len(engine.process.descendants) == 4, "two workers, their cell and the zygote")


@pytest.mark.parametrize("kind", ["async", "plain"])
def test_a_node_that_holds_the_loop_takes_no_time_from_its_neighbours(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path, kind: str
) -> None:
    folder = write_workflow({"a": NEIGHBOURS[kind]}, extra="config: {timeout: 2s}", signs=True)
    engine = start("serve", folder, "--workers", "1")
    files = {"honest": str(signs / "honest"), "hog": str(signs / "hog")}
    honest = engine.call({**files, "is": "honest"})
    eventually((signs / "honest").exists)
    time.sleep(0.4)  # so that the time of the one is over long before the other's is
    hog = engine.call({**files, "is": "hog"})
    assert hog.answered().json["errors"] == {"a": 'Node "a" timed out after 2000ms'}
    assert honest.answered().outputs == {"a": "in time"}
