"""How `pipedreamer serve` ends, and what it does when one of its processes is ended for it: no run is lost unseen,
no process is left.
"""

import os
import signal
import subprocess
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import PATIENCE, Engine, Process, StartEngine, all_processes, eventually
from tests.conftest import WriteWorkflow

HELD = """\
import asyncio
from pathlib import Path

async def run(ctx, input):
    if not input:
        return "at once"
    Path(input["begun"]).touch()
    while not Path(input["until"]).exists():
        await asyncio.sleep(0.01)
    return [input["number"], ctx.attempt]
"""
HOGS = {
    "async": "async def run(ctx, input):\n    open(input['begun'], 'w')\n    while True:\n        pass\n",
    "plain": "def run(ctx, input):\n    open(input['begun'], 'w')\n    while True:\n        pass\n",
    "in C": "def run(ctx, input):\n    open(input['begun'], 'w')\n    return 7 ** 10 ** 10\n",
}
LONG = "config: {timeout: 1h}"


def held(folder: Path, number: int = 0) -> dict[str, Any]:
    return {"begun": str(folder / f"begun-{number}"), "until": str(folder / "until"), "number": number}


def have_begun(folder: Path, runs: int = 1) -> None:
    eventually(lambda: all((folder / f"begun-{number}").exists() for number in range(runs)), f"{runs} runs")


def stopping(engine: Engine) -> None:
    """Send SIGTERM and wait until the engine has taken it."""
    engine.signal(signal.SIGTERM)
    eventually(lambda: engine.ask("GET", "/ready").status == 503)


def ended(processes: AbstractSet[Process]) -> None:
    eventually(lambda: not any(one.alive for one in processes), f"an end of {processes}")


def whole_family(engine: Engine) -> AbstractSet[Process]:
    """Its zygote, cell and two workers: the second one comes after the first answers."""

    def found() -> AbstractSet[Process]:
        family = engine.process.descendants
        return family if len(family) == 4 else set()

    family: AbstractSet[Process] = eventually(found, "a zygote, a cell and two workers")
    return family


def test_sigterm_lets_runs_end_refuses_new_ones_and_leaves_nothing(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    engine = start("serve", write_workflow({"held": HELD}, extra=LONG, signs=True), "--workers", "2")
    family = whole_family(engine)
    callers = [engine.call(held(signs, number)) for number in range(5)]
    have_begun(signs, 5)
    stopping(engine)
    refused = engine.run()
    assert (refused.status, refused.headers["retry-after"], refused.headers["connection"]) == (503, "1", "close")
    assert "is stopping" in refused.json["error"]
    (signs / "until").touch()
    assert [caller.answered().outputs["held"] for caller in callers] == [[number, 1] for number in range(5)]
    assert engine.ended() == 0
    ended(family)


@pytest.fixture
def first_process() -> list[str]:
    """The words that make a command process 1, as in a container."""
    words = ["unshare", *(["--user", "--map-root-user"] if os.geteuid() else []), "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may make no namespaces")
    return [*words, "--kill-child"]


def test_sigterm_ends_process_1_also_before_the_engine_is_up(
    write_workflow: WriteWorkflow, person: Any, first_process: list[str], signs: Path
) -> None:
    begun = signs / "begun"
    slow = f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(3600)\nasync def run(ctx, input): ...\n"
    folder = write_workflow({"slow": slow}, signs=True)
    words = [*first_process, person.program, "serve", folder, "--port", "0", "--workers", "1"]
    with subprocess.Popen(words, env=person.environment(), stderr=subprocess.PIPE) as outside:
        try:
            eventually(begun.exists, "a node's import")
            (engine,) = [one for one in all_processes() if one.parent == outside.pid]
            os.kill(engine.pid, signal.SIGTERM)
            assert outside.wait(PATIENCE) == 128 + signal.SIGTERM
        finally:
            outside.kill()


def test_a_second_sigterm_ends_at_once_and_tells_the_caller(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    engine = start("serve", write_workflow({"held": HELD}, extra=LONG, signs=True), "--drain", "3600")
    family = engine.process.descendants
    caller = engine.call(held(signs))
    have_begun(signs)
    stopping(engine)
    engine.signal(signal.SIGTERM)
    assert caller.answered().status == 503
    assert "stopped before the run ended" in caller.answered().json["error"]
    assert engine.ended() == 0
    ended(family)


@pytest.mark.parametrize("hog", HOGS)
def test_past_the_drain_limit_nodes_are_ended_whatever_they_do(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path, hog: str
) -> None:
    engine = start("serve", write_workflow({"hog": HOGS[hog]}, extra=LONG, signs=True), "--drain", "1")
    family = engine.process.descendants
    caller = engine.call(held(signs))
    have_begun(signs)
    engine.signal(signal.SIGTERM)
    refused = caller.answered()
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert engine.ended() == 0
    ended(family)
    engine.says("stopping with 1 runs not ended; their callers are told")


@pytest.mark.parametrize("hog", HOGS)
def test_workers_end_with_an_engine_that_is_killed_whatever_their_nodes_do(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path, hog: str
) -> None:
    engine = start("serve", write_workflow({"hog": HOGS[hog]}, extra=LONG, signs=True), "--workers", "2")
    family = whole_family(engine)
    engine.call(held(signs))
    have_begun(signs)
    engine.signal(signal.SIGKILL)
    assert engine.ended() == -signal.SIGKILL
    ended(family)


def test_a_worker_that_is_killed_is_replaced_and_its_runs_begin_again(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    engine = start("serve", write_workflow({"held": HELD}, extra=LONG, signs=True), "--workers", "1")
    (worker,) = engine.workers
    callers = [engine.call(held(signs, number)) for number in range(3)]
    have_begun(signs, 3)
    os.kill(worker.pid, signal.SIGKILL)
    eventually(lambda: engine.metric("pipedreamer_worker_restarts_total") == 1)
    eventually(lambda: engine.ask("GET", "/ready").status == 200)
    (signs / "until").touch()
    assert [caller.answered().outputs["held"] for caller in callers] == [[number, 2] for number in range(3)]
    assert engine.run().outputs == {"held": "at once"}
    assert engine.workers.isdisjoint({worker})


def test_an_engine_whose_workers_parent_is_killed_goes_on_with_another(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    folder = write_workflow({"held": HELD}, extra="config: {timeout: 1h, retries: 1}", signs=True)
    engine = start("serve", folder, "--workers", "2")
    family = engine.process.descendants
    caller = engine.call(held(signs))
    have_begun(signs)
    os.kill(engine.zygote.pid, signal.SIGKILL)
    ended(family)
    eventually(lambda: engine.ask("GET", "/ready").status == 200)
    (signs / "until").touch()
    assert caller.answered().outputs == {"held": [0, 2]}
    assert engine.run().outputs == {"held": "at once"}
    assert engine.process.descendants.isdisjoint(family)
