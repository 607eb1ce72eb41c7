"""Runs that begin together share a worker, and often a task: nothing of one reaches another."""

import asyncio
from typing import Any


async def test_a_context_variable_of_one_run_is_not_seen_by_the_next(write_workflow: Any, start_session: Any) -> None:
    mark = """
        import asyncio
        from contextvars import ContextVar
        mark = ContextVar("mark", default="none")
        async def run(ctx, input):
            before = mark.get()
            mark.set("spoilt")
            if input["wait"]:
                await asyncio.sleep(0.01)
            return [before, mark.get()]
    """
    bench = await start_session(write_workflow({"n": mark}))
    results = await asyncio.gather(*(bench.run({"wait": number % 3 == 0}) for number in range(12)))
    assert [result.output("n") for result in results] == [["none", "spoilt"]] * 12


async def test_a_node_that_cancels_the_task_it_is_in_cancels_no_other_run(
    write_workflow: Any, start_session: Any
) -> None:
    cancels = """
        import asyncio
        async def run(ctx, input):
            if input["cancel"]:
                asyncio.current_task().cancel()
            else:
                await asyncio.sleep(0)
            return "ended"
    """
    bench = await start_session(write_workflow({"n": cancels}))
    results = await asyncio.gather(*(bench.run({"cancel": number % 4 < 2}) for number in range(12)))
    assert [result.errors for result in results if result.errors] == []
    assert {result.output("n") for result in results} == {"ended"}


async def test_a_run_that_waits_lets_those_that_came_with_it_begin(write_workflow: Any, start_session: Any) -> None:
    waits = """
        import asyncio, time
        async def run(ctx, input):
            begun = time.monotonic()
            await asyncio.sleep(0.5)
            return begun
    """
    bench = await start_session(write_workflow({"n": waits}))
    results = await asyncio.gather(*(bench.run() for _ in range(20)))
    begun = [result.output("n") for result in results]
    assert max(begun) - min(begun) < 0.4, "the last began before the first had ended"
