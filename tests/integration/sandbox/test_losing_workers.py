"""A worker that dies is one failed or retried attempt with a message that says so, never a hung run."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity

ONE_WORKER = Capacity(workers=1, running=64)


@pytest.mark.parametrize("keyword", ["async def", "def"])
@pytest.mark.parametrize(
    ("death", "words"),
    [
        ("os._exit(3)", "exited with code 3"),
        ("os.kill(os.getpid(), 9)", "was killed by SIGKILL, perhaps because memory ran out"),
        ("ctypes.string_at(0)", "was killed by SIGSEGV, perhaps because memory ran out"),
    ],
)
async def test_a_dead_worker_fails_the_node_that_caused_it_and_no_other(
    keyword: str, death: str, words: str, write_workflow: Any, start_session: Any
) -> None:
    nap = "await asyncio.sleep(0.2)" if keyword == "async def" else "time.sleep(0.2)"
    source = f"""
        import asyncio, ctypes, os, time
        {keyword} run(ctx, input):
            {nap}
            if input["dies"]:
                {death}
            return "alive"
    """
    bench = await start_session(write_workflow({"node": source}), ONE_WORKER)
    results = await asyncio.gather(*(bench.run({"dies": number == 2}) for number in range(5)))
    assert results.pop(2).errors == {"node": f'Node "node" lost its worker process, which {words}'}
    assert [result.errors for result in results] == [{}] * 4


async def test_a_lost_attempt_is_retried(write_workflow: Any, start_session: Any) -> None:
    source = """
        import os
        async def run(ctx, input):
            if ctx.attempt == 1:
                os._exit(1)
            return ctx.attempt
    """
    bench = await start_session(write_workflow({"node": source}, extra="config: {retries: 1}\n"), ONE_WORKER)
    assert (await bench.run()).output("node") == 2


async def test_outputs_reached_before_the_crash_are_kept_and_their_nodes_do_not_run_again(
    write_workflow: Any, start_session: Any, tmp_path: Any
) -> None:
    first = f"""
        async def run(ctx, input):
            with open({str(tmp_path / "count")!r}, "a") as file:
                file.write("x")
            return "x" * 300_000
    """
    second = """
        import os
        async def run(ctx, input):
            os._exit(1)
    """
    folder = write_workflow({"first": first, "second": second}, [("first", "second")], "config: {retries: 2}\n")
    bench = await start_session(folder, ONE_WORKER)
    result = await bench.run()
    assert list(result.errors) == ["second"]
    assert result.output("first") == "x" * 300_000
    assert (tmp_path / "count").read_text() == "x"


async def test_an_interrupted_neighbour_runs_again_with_a_higher_attempt_and_does_not_use_up_its_retries(
    write_workflow: Any, start_session: Any
) -> None:
    source = """
        import asyncio, os
        async def run(ctx, input):
            if input["dies"]:
                await asyncio.sleep(0.1)
                os._exit(1)
            if ctx.attempt == 1:
                await asyncio.sleep(20)
            return ctx.attempt
    """
    bench = await start_session(write_workflow({"node": source}), ONE_WORKER)
    dead, neighbour = await asyncio.gather(bench.run({"dies": True}), bench.run({"dies": False}))
    assert not dead.success
    assert neighbour.output("node") == 2


async def test_rerun_interrupted_false_makes_the_interruption_a_failure(
    write_workflow: Any, start_session: Any
) -> None:
    source = """
        import asyncio, os
        async def run(ctx, input):
            await asyncio.sleep(0.1 if input["dies"] else 20)
            os._exit(1)
    """
    folder = write_workflow({"node": source}, extra="config: {rerun_interrupted: false}\n")
    bench = await start_session(folder, ONE_WORKER)
    _, neighbour = await asyncio.gather(bench.run({"dies": True}), bench.run({"dies": False}))
    assert "rerun_interrupted is false" in neighbour.errors["node"]


async def test_several_plain_nodes_at_once_are_tried_alone_until_the_guilty_one_is_found(
    write_workflow: Any, start_session: Any
) -> None:
    source = """
        import os, time
        def run(ctx, input):
            time.sleep(0.1 if input["dies"] else 0.4)
            if input["dies"]:
                os._exit(7)
            return "alive"
    """
    bench = await start_session(write_workflow({"node": source}), ONE_WORKER)
    results = await asyncio.gather(*(bench.run({"dies": number == 0}) for number in range(4)))
    assert results.pop(0).errors == {"node": 'Node "node" lost its worker process, which exited with code 7'}
    assert [result.errors for result in results] == [{}] * 3


async def test_the_zygote_killed_from_outside_is_replaced_with_its_workers(
    write_workflow: Any, start_session: Any
) -> None:
    source = """
        import asyncio, os
        async def run(ctx, input):
            await asyncio.sleep(0.3)
            return [os.getppid(), ctx.attempt]
    """
    bench = await start_session(write_workflow({"node": source}), ONE_WORKER)
    zygote, _ = (await bench.run()).output("node")
    during = asyncio.ensure_future(bench.run())
    await asyncio.sleep(0.1)
    os.kill(zygote, signal.SIGKILL)
    result = await during
    # The only attempt under way is taken for the cause; what counts is that the run has ended and the next one works.
    assert result.success or "was killed by SIGKILL" in result.errors["node"]
    assert (await bench.run()).output("node")[0] != zygote


async def test_a_zygote_that_was_killed_is_not_left_defunct(write_workflow: Any, start_session: Any) -> None:
    bench = await start_session(write_workflow({"node": "def run(ctx, input): return 1"}), ONE_WORKER)
    zygote = bench.session.force._zygotes._zygote._process
    assert (await bench.run()).output("node") == 1
    os.kill(zygote.pid, signal.SIGKILL)
    async with asyncio.timeout(30):
        while Path(f"/proc/{zygote.pid}").exists():  # noqa: ASYNC110, ASYNC240 - a test has no other hand here
            await asyncio.sleep(0.05)
    assert (await bench.run()).output("node") == 1


async def test_outputs_are_kept_when_the_engine_writes_to_a_worker_that_has_just_died(
    write_workflow: Any, start_session: Any, tmp_path: Any
) -> None:
    flag = tmp_path / "flag"
    first = "def run(ctx, input): return 'first'"
    second = f"""
        import asyncio, os, pathlib
        async def run(ctx, input):
            await asyncio.sleep(0.05)
            pathlib.Path({str(flag)!r}).touch()
            os._exit(1)
    """
    folder = write_workflow({"first": first, "second": second}, [("first", "second")])
    bench = await start_session(folder, ONE_WORKER)
    running = asyncio.ensure_future(bench.run())
    await asyncio.sleep(0)  # it begins
    await asyncio.sleep(0)  # and its frame leaves
    while not flag.exists():  # the engine's loop stands still, so that nothing is read
        time.sleep(0.001)  # noqa: ASYNC251
    time.sleep(0.008)  # noqa: ASYNC251 - dead by now, and not yet long enough on the processor to be passed over
    later = asyncio.ensure_future(bench.run())
    for result in await asyncio.wait_for(asyncio.gather(running, later), 30):
        assert list(result.outputs) == ["first"]
        assert list(result.errors) == ["second"]
