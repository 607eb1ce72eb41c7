"""What nodes leave running in a worker costs that worker and neither the others nor later runs."""

import asyncio
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.sandbox import upkeep

ONE_WORKER = Capacity(workers=1, running=16)
TWO_WORKERS = Capacity(workers=2, running=16)
NODE = """
    import asyncio, os, threading, time
    def burn():
        while True: pass
    async def run(ctx, input):
        for _ in range(input.get("sleepers", 0)):
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        if "burner" in input:
            threading.Thread(target=burn, daemon=True).start()
        if "late" in input:
            threading.Thread(target=lambda: [time.sleep(3), burn()], daemon=True).start()
        if "abandoned" in input:
            asyncio.get_running_loop().run_in_executor(None, burn)
        if "pool" in input:
            await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.05) for _ in range(20)))
        if "wait" in input:
            while not os.path.exists(input["wait"]):
                await asyncio.sleep(0.02)
        return os.getpid()
"""


async def _relieved(bench: Any) -> None:
    async with asyncio.timeout(60):
        while not bench.session.restarts:  # noqa: ASYNC110 - there is nothing else to wait for
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ({"sleepers": 20}, "nodes left 20 threads behind"),
        ({"burner": True}, "of a processor while nothing runs"),
        ({"late": True}, "of a processor while nothing runs"),
        ({"abandoned": True}, "also what asyncio.to_thread began before a timeout"),
    ],
    ids=["many threads", "a busy thread", "a thread that becomes busy", "a call that was abandoned"],
)
async def test_an_idle_worker_is_replaced_for_what_nodes_left_behind(
    left: Any, words: str, write_workflow: Any, start_session: Any
) -> None:
    bench = await start_session(write_workflow({"n": NODE}), ONE_WORKER)
    before = (await bench.run(left)).output("n")
    await _relieved(bench)
    assert (await bench.run()).output("n") != before
    assert [words in line.message for line in bench.lines] == [True]
    assert bench.session.workers == 1


async def test_threads_that_stay_on_purpose_are_no_reason(write_workflow: Any, start_session: Any) -> None:
    plain = "import time\ndef run(ctx, input): time.sleep(0.2)"
    bench = await start_session(write_workflow({"n": NODE, "p": plain}), ONE_WORKER)
    results = await asyncio.gather(*(bench.run({"pool": True, "sleepers": 1}) for _ in range(12)))
    await asyncio.sleep(4)
    assert (await bench.run()).output("n") == results[0].output("n")
    assert bench.lines == []
    assert bench.session.restarts == 0


async def test_a_worker_crowded_with_threads_gets_no_more_runs_and_ends_with_those_it_has(
    write_workflow: Any, start_session: Any, tmp_path: Any
) -> None:
    flag = tmp_path / "flag"
    bench = await start_session(write_workflow({"n": NODE}), TWO_WORKERS)
    crowded = asyncio.ensure_future(bench.run({"sleepers": 120, "wait": str(flag)}))
    await _relieved(bench)
    others = {result.output("n") for result in await asyncio.gather(*(bench.run() for _ in range(8)))}
    flag.touch()
    assert (await crowded).output("n") not in others
    assert len(others) == 2
    assert ["nodes have 120 threads in one worker" in line.message for line in bench.lines] == [True]


async def test_workers_are_not_relieved_all_the_time(
    write_workflow: Any, start_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "RELIEFS_APART_S", 1e9)
    monkeypatch.setattr(upkeep, "IDLE_S", 0.1)
    bench = await start_session(write_workflow({"n": NODE}), ONE_WORKER)
    await bench.run({"sleepers": 20})
    await _relieved(bench)
    await bench.run({"sleepers": 20})
    await asyncio.sleep(3)
    assert bench.session.restarts == 1


KEEPER = """
    kept = []
    def run(ctx, input):
        if "memory" in input:
            kept.append(bytearray(input["memory"]))
        for _ in range(input.get("files", 0)):
            kept.append(open("workflow.yaml"))
        return len(kept)
"""


@pytest.mark.parametrize(
    ("left", "words"),
    [({"memory": 110 << 20}, "MiB of 128 in a worker, which is replaced"), ({"files": 220}, "files open in a worker")],
    ids=["memory", "files"],
)
async def test_a_worker_in_which_nodes_gather_things_is_replaced_before_it_is_of_no_use(
    left: Any, words: str, write_workflow: Any, start_session: Any
) -> None:
    bench = await start_session(write_workflow({"n": KEEPER}), ONE_WORKER, memory=128 << 20)
    assert (await bench.run(left)).errors == {}
    await _relieved(bench)
    assert (await bench.run(left)).output("n") > 0, "there is room again"
    assert [words in line.message for line in bench.lines][:1] == [True]


async def test_a_worker_may_keep_a_little(write_workflow: Any, start_session: Any) -> None:
    bench = await start_session(write_workflow({"n": KEEPER}), ONE_WORKER, memory=128 << 20)
    await bench.run({"memory": 40 << 20, "files": 40})
    await asyncio.sleep(3)
    assert (await bench.run()).output("n") == 41
    assert bench.session.restarts == 0
