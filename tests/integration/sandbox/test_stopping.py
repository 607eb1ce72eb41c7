"""A timeout really stops a node, and whatever else runs in that worker finishes correctly (contract: running)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity

ONE_WORKER = Capacity(workers=1, running=64)
SHORT = "config: {timeout: 400ms}\n"

ASYNC_HOGS = {
    "sleeps": "await asyncio.sleep(60)",
    "never yields": "while True: pass",
    "swallows everything and never yields": """
        while True:
            try:
                while True: pass
            except BaseException:
                pass
    """,
    "swallows everything and yields": """
        while True:
            try:
                await asyncio.sleep(1)
            except BaseException:
                pass
    """,
    "is in a long C call": "hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**9)",
    "is in a C call that keeps the interpreter's lock": "re.match(r'(a+)+$', 'a' * 40 + 'b')",
    "hogs in a task of its own": "await asyncio.create_task(spin())",
}
PLAIN_HOGS = {
    "sleeps": "time.sleep(60)",
    "never ends": "while True: pass",
    "swallows everything": """
        while True:
            try:
                while True: pass
            except BaseException:
                pass
    """,
    "is in a long C call": "hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10**9)",
    "is in a C call that keeps the interpreter's lock": "re.match(r'(a+)+$', 'a' * 40 + 'b')",
}


def _node(keyword: str, hog: str) -> str:
    nap = "await asyncio.sleep(0.2)" if keyword == "async def" else "time.sleep(0.2)"
    body = "\n".join(
        "        " + line.strip("\n")[8:] if "\n" in hog else "        " + line for line in hog.split("\n")
    )
    return f"""\
import asyncio, hashlib, re, time

async def spin():
    while True: pass

{keyword} run(ctx, input):
    if input["hog"]:
{body}
    {nap}
    return ctx.attempt
"""


@pytest.mark.parametrize("hog", ASYNC_HOGS.values(), ids=ASYNC_HOGS)
async def test_an_async_node_is_stopped_at_its_timeout(hog: str, write_workflow: Any, start_session: Any) -> None:
    await _stopped(_node("async def", hog), write_workflow, start_session)


@pytest.mark.parametrize("hog", PLAIN_HOGS.values(), ids=PLAIN_HOGS)
async def test_a_plain_node_is_stopped_at_its_timeout(hog: str, write_workflow: Any, start_session: Any) -> None:
    await _stopped(_node("def", hog), write_workflow, start_session)


async def _stopped(source: str, write_workflow: Any, start_session: Any) -> None:
    bench = await start_session(write_workflow({"node": source}, extra=SHORT), ONE_WORKER)
    results = await asyncio.gather(*(bench.run({"hog": number == 1}) for number in range(6)))
    stopped = results.pop(1)
    assert stopped.errors == {"node": 'Node "node" timed out after 400ms'}
    assert [result.errors for result in results] == [{}] * 5
    assert (await bench.run({"hog": False})).success


async def test_a_plain_function_does_not_block_other_runs(
    write_workflow: Any, start_session: Any, tmp_path: Path
) -> None:
    source = f"""
        import pathlib, time
        def run(ctx, input):
            flag = pathlib.Path({str(tmp_path / "flag")!r})
            if input["waits"]:
                while not flag.exists(): time.sleep(0.01)
            else:
                flag.touch()
            return "done"
    """
    bench = await start_session(write_workflow({"node": source}), ONE_WORKER)
    waiting, touching = await asyncio.gather(bench.run({"waits": True}), bench.run({"waits": False}))
    assert waiting.success
    assert touching.success


async def test_a_timeout_counts_per_attempt_and_retries_follow(write_workflow: Any, start_session: Any) -> None:
    source = """
        import asyncio
        async def run(ctx, input):
            if ctx.attempt < 3:
                await asyncio.sleep(60)
            return ctx.attempt
    """
    extra = "config: {timeout: 200ms, retries: 2}\n"
    bench = await start_session(write_workflow({"node": source}, extra=extra), ONE_WORKER)
    result = await bench.run()
    assert result.output("node") == 3
    timing = result.node_timings["node"]
    assert timing.completed_at - timing.started_at >= 2 * 200 + 100 + 200


async def test_a_node_that_ends_after_its_deadline_without_being_caught_has_not_succeeded(
    write_workflow: Any, start_session: Any
) -> None:
    source = """
        import asyncio
        async def run(ctx, input):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                return "too late"
    """
    bench = await start_session(write_workflow({"node": source}, extra=SHORT), ONE_WORKER)
    assert (await bench.run()).errors == {"node": 'Node "node" timed out after 400ms'}


@pytest.mark.parametrize(
    "node",
    [
        "import time\ndef run(ctx, input):\n    ctx.log.info('begun')\n    time.sleep(60)",
        """
        import asyncio
        async def run(ctx, input):
            ctx.log.info("begun")
            while True:
                try:
                    await asyncio.sleep(60)
                except BaseException:
                    pass
        """,
    ],
    ids=["in a call of C", "swallows everything"],
)
async def test_attempts_that_are_overdue_together_time_out_together(
    node: str, write_workflow: Any, start_session: Any
) -> None:
    """None gets its time once more because another one's end took the worker along."""
    folder = write_workflow({"n": node}, extra="config: {timeout: 1s}")
    bench = await start_session(folder, Capacity(workers=2, running=16))
    results = await asyncio.gather(*(bench.run() for _ in range(12)))
    assert {result.errors["n"] for result in results} == {'Node "n" timed out after 1000ms'}
    assert [line.message for line in bench.lines].count("begun") == 12
