"""A run that is cancelled: its nodes stop, those beside it go on."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity

WAITS = {
    "py": """
        import asyncio
        async def run(ctx, input):
            ctx.log.info("began")
            await asyncio.sleep(60)
    """,
    "ts": """
        export default async function run(ctx: any) {
          ctx.log.info("began");
          await new Promise((resolve) => setTimeout(resolve, 60_000));
        }
    """,
}
HOLDS = {
    "py": """
        import asyncio
        async def run(ctx, input):
            ctx.log.info("began")
            await asyncio.sleep(0.05)
            while True:
                pass
    """,
    "ts": """
        export default async function run(ctx: any) {
          ctx.log.info("began");
          await new Promise((resolve) => setTimeout(resolve, 50));
          while (true);
        }
    """,
}
NEVER = "def run(ctx, input):\n    return 1\n"


def _key(node: str, language: str) -> str:
    return node if language == "py" else f"{node}.ts"


async def _began(bench: Any, count: int = 1) -> None:
    async with asyncio.timeout(30):
        while [line.message for line in bench.lines].count("began") < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("language", ["py", "ts"])
async def test_a_node_that_waits_stops_and_nothing_follows(
    language: str, write_workflow: Any, start_session: Any
) -> None:
    folder = write_workflow({_key("a", language): WAITS[language], "b": NEVER}, edges=[("a", "b")])
    bench = await start_session(folder)
    running = asyncio.ensure_future(bench.session.execute(b"{}", run_id="r1"))
    await _began(bench)
    assert bench.session.cancel("r1")
    result = await asyncio.wait_for(running, 10)
    assert result.cancelled
    assert not result.success
    assert result.errors == {"a": 'Node "a" was cancelled'}
    # A promise that nothing will settle any more ends with its process.
    state = "cancelled" if language == "py" else "interrupted"
    assert [(one.node, one.number, one.state) for one in result.attempts] == [("a", 1, state)]
    assert not bench.session.cancel("r1")
    assert bench.session.active == 0


@pytest.mark.parametrize("language", ["py", "ts"])
async def test_a_node_that_holds_the_loop_ends_with_its_process_and_others_go_on(
    language: str, write_workflow: Any, start_session: Any
) -> None:
    folder = write_workflow({_key("a", language): HOLDS[language]}, extra="config: {timeout: 60s}")
    bench = await start_session(folder)
    running = asyncio.ensure_future(bench.session.execute(b"{}", run_id="r1"))
    await _began(bench)
    await asyncio.sleep(0.2)
    assert bench.session.cancel("r1")
    result = await asyncio.wait_for(running, 20)
    assert result.cancelled
    assert result.errors == {"a": 'Node "a" was cancelled'}


async def test_a_run_that_waits_for_room_never_begins(write_workflow: Any, start_session: Any) -> None:
    folder: Path = write_workflow({"a": WAITS["py"]})
    bench = await start_session(folder, capacity=Capacity(workers=1, running=1))
    first, second = (asyncio.ensure_future(bench.session.execute(b"{}", run_id=name)) for name in ("r1", "r2"))
    await _began(bench)
    assert bench.session.cancel("r2")
    result = await asyncio.wait_for(second, 10)
    assert (result.cancelled, result.attempts) == (True, ())
    assert result.errors == {"a": 'Node "a" was cancelled'}
    assert bench.session.cancel("r1")
    await asyncio.wait_for(first, 10)


async def test_a_run_between_two_attempts_ends_at_once(write_workflow: Any, start_session: Any) -> None:
    dies = """
        import os, signal
        async def run(ctx, input):
            ctx.log.info("began")
            os.kill(os.getpid(), signal.SIGSEGV)
    """
    folder: Path = write_workflow({"a": dies})
    spec = folder / "workflow.yaml"
    spec.write_text(spec.read_text().replace("nodes/a.py", "nodes/a.py, retries: 12"))
    bench = await start_session(folder)
    running = asyncio.ensure_future(bench.session.execute(b"{}", run_id="r1"))
    await _began(bench, 4)
    await asyncio.sleep(0.2)
    assert bench.session.cancel("r1")
    result = await asyncio.wait_for(running, 10)
    assert result.cancelled
    assert {one.state for one in result.attempts} == {"interrupted"}
