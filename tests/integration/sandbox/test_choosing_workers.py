"""Several workers: a busy one is not given more, and one that misbehaves is ended."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity

FRAMES = {
    "no message": "b'\\x03\\x00\\x00\\x00abc'",
    "a length beyond the limit": "b'\\xff' * 64",
    "an outcome of another run": "frame(['outcome', 999, 0, 1, 0, 0, 'ok', b'1', True])",
    "a node that is not there": "frame(['outcome', 1, 77, 1, 0, 0, 'ok', b'1', False])",
}


async def test_a_worker_that_is_held_by_a_node_is_given_nothing_more(
    write_workflow: Any, start_session: Any, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    node = f"""
        import os
        async def run(ctx, input):
            while input and not os.path.exists({str(flag)!r}):
                pass
            return os.getpid()
    """
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=2, running=64))
    held = asyncio.ensure_future(bench.run(1))
    await asyncio.sleep(0.2)
    others = await asyncio.wait_for(asyncio.gather(*(bench.run(0) for _ in range(30))), 20)
    flag.touch()
    assert {(await held).output("n")}.isdisjoint(result.output("n") for result in others)


async def test_the_first_worker_takes_runs_while_the_others_load(
    write_workflow: Any, start_session: Any, tmp_path: Path
) -> None:
    first, flag = tmp_path / "first", tmp_path / "flag"
    node = f"""
        import os, time
        try:
            os.close(os.open({str(first)!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            while not os.path.exists({str(flag)!r}):
                time.sleep(0.01)
        def run(ctx, input):
            return os.getpid()
    """
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=2, running=64), all_start=False)
    assert (await bench.run()).success
    assert bench.session.workers == 1
    flag.touch()
    async with asyncio.timeout(30):
        while bench.session.workers < 2:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert bench.session.restarts == 0


async def test_runs_are_spread_over_the_workers(write_workflow: Any, start_session: Any) -> None:
    node = "import asyncio, os\nasync def run(ctx, input):\n    await asyncio.sleep(0.1)\n    return os.getpid()"
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=3, running=64))
    results = await asyncio.gather(*(bench.run() for _ in range(30)))
    counts = [[result.output("n") for result in results].count(pid) for pid in {r.output("n") for r in results}]
    assert sorted(counts) == [10, 10, 10]


@pytest.mark.parametrize("written", FRAMES.values(), ids=FRAMES)
async def test_nonsense_on_the_wire_harms_only_the_worker_that_wrote_it(
    written: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""
        import asyncio, os, msgspec
        def frame(message):
            body = msgspec.msgpack.encode(message)
            return len(body).to_bytes(4, "little") + body
        async def run(ctx, input):
            if input:
                for number in range(3, 64):
                    try:
                        os.write(number, {written})
                    except OSError:
                        pass
                await asyncio.sleep(0.2)
            return "fine"
    """
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=1, running=8))
    rogue, good = await asyncio.wait_for(asyncio.gather(bench.run(1), bench.run(0)), 30)
    assert rogue.success or "broke the protocol" in rogue.errors["n"]
    assert good.outputs == {"n": b'"fine"'}
    assert (await bench.run(0)).outputs == {"n": b'"fine"'}


async def test_closing_leaves_no_process_behind(write_workflow: Any, start_session: Any) -> None:
    node = "import os\ndef run(ctx, input): return [os.getpid(), os.getppid()]"
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=2, running=8))
    worker, zygote = (await bench.run()).output("n")
    await bench.session.close()
    for pid in (worker, zygote):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
