"""Runs that are kept stage after stage, go on from what was kept, and are cancelled between stages."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from pipedreamer.runtime.result import Attempt, RunResult
from pipedreamer.runtime.staged_executor import Resumed

ADD = "def run(ctx, input):\n    ctx.log.info(f'{ctx.node} {ctx.attempt}')\n    return [input, ctx.node]\n"
ADD_TS = """
    export default (ctx: any, input: unknown) => {
      ctx.log.info(`${ctx.node} ${ctx.attempt}`);
      return [input, ctx.node];
    };
"""
EDGES = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


class Kept:
    """Remembers what it was given, and can be made to wait or to fail."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.parts: list[RunResult] = []
        self.begun: list[dict[str, int]] = []
        self.heard: list[tuple[str, int, bytes | None]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._trouble = trouble

    def hear(self, attempt: Attempt, output: bytes | None) -> None:
        self.heard.append((attempt.node, attempt.number, output))

    async def keep(self, part: RunResult | None, then: Mapping[str, int]) -> None:
        self.begun.append(dict(then))
        if part is None:
            return
        self.parts.append(part)
        await self.go_on.wait()
        if self._trouble:
            raise self._trouble


@pytest.fixture(params=["one language", "two"])
async def bench(request: pytest.FixtureRequest, write_workflow: Any, start_session: Any) -> Any:
    nodes = {"a": ADD, "b": ADD, "c": ADD, "d": ADD}
    if request.param == "two":
        nodes = {"a": ADD, "b.ts": ADD_TS, "c": ADD, "d.ts": ADD_TS}
    return await start_session(write_workflow(nodes, edges=EDGES))


WHOLE = {"b": [[[1], "a"], "b"], "c": [[[1], "a"], "c"]}


async def test_each_stage_is_kept_before_the_next_begins(bench: Any) -> None:
    kept = Kept()
    kept.go_on.clear()
    running = bench.session.execute_kept(b"[1]", run_id="r", keeper=kept)
    for number, names in enumerate(({"a"}, {"b", "c"}, {"d"}), 1):
        async with asyncio.timeout(30):
            while len(kept.parts) < number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert kept.parts[-1].node_timings.keys() == names
        assert {line.node for line in bench.lines} <= {name for part in kept.parts for name in part.node_timings}
        kept.go_on.set()
        await asyncio.sleep(0)
        kept.go_on.clear() if number < 3 else None
    result = await running
    assert result.success
    assert result.output("d") == [WHOLE, "d"]


async def test_what_was_kept_is_not_done_again_and_attempts_count_on(bench: Any) -> None:
    resumed = Resumed({"a": b'[[1],"a"]', "c": b'"kept"'}, {"b": 2})
    kept = Kept()
    result = await bench.session.execute_kept(b"[1]", run_id="r", keeper=kept, resumed=resumed)
    assert result.output("d") == [{"b": [[[1], "a"], "b"], "c": "kept"}, "d"]
    assert [line.message for line in bench.lines] == ["b 3", "d 1"]
    assert [set(part.node_timings) for part in kept.parts] == [{"b"}, {"d"}]
    assert kept.begun == [{"b": 3}, {"d": 1}, {}]
    assert [(node, number) for node, number, _ in kept.heard] == [("b", 3), ("d", 1)]
    assert [output for _, _, output in kept.heard] == [result.outputs["b"], result.outputs["d"]]


async def test_a_run_of_which_all_was_kept_ends_at_once(bench: Any) -> None:
    outputs = dict.fromkeys("abcd", b"1")
    result = await bench.session.execute_kept(b"{}", run_id="r", keeper=Kept(), resumed=Resumed(outputs, {}))
    assert (result.success, result.outputs) == (True, outputs)
    assert bench.session.active == 0


async def test_a_stage_that_cannot_be_kept_ends_the_run(bench: Any) -> None:
    kept = Kept(OSError("the disk is full"))
    with pytest.raises(OSError, match="the disk is full"):
        await bench.session.execute_kept(b"[1]", run_id="r", keeper=kept)
    assert len(kept.parts) == 1
    assert bench.session.active == 0


async def test_a_run_cancelled_between_stages_begins_no_more(bench: Any) -> None:
    kept = Kept()
    kept.go_on.clear()
    running = bench.session.execute_kept(b"[1]", run_id="r", keeper=kept)
    async with asyncio.timeout(30):
        while not kept.parts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert bench.session.cancel("r")
    kept.go_on.set()
    result = await running
    assert result.cancelled
    assert result.errors == {"b": 'Node "b" was cancelled'}
    assert set(result.outputs) == {"a"}
    assert not bench.session.cancel("r")
