"""A task that begins at once is a task like any other, and steps in a context of their own leave no trace outside."""

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar, copy_context

import pytest

from pipedreamer.sandbox.python.loop import NodeLoop, within

mark: ContextVar[str] = ContextVar("mark", default="none")


@pytest.fixture
def loop() -> Iterator[NodeLoop]:
    loop = NodeLoop()
    yield loop
    loop.close()


def test_its_first_step_is_taken_at_once_and_the_others_when_the_loop_turns(loop: NodeLoop) -> None:
    seen: list[object] = []

    async def work() -> None:
        seen.append(asyncio.current_task(loop))
        await asyncio.sleep(0)
        seen.append(asyncio.current_task(loop))

    async def driver() -> None:
        loop.call_soon(begin)
        for _ in range(3):
            await asyncio.sleep(0)

    def begin() -> None:
        assert seen == []
        seen.append(loop.begin(work()))

    loop.run_until_complete(driver())
    first, task, later = seen
    assert first is task
    assert later is task


def test_what_else_is_called_soon_is_called(loop: NodeLoop) -> None:
    called: list[int] = []

    async def nothing() -> None:
        return

    def begin() -> None:
        loop.begin(nothing())
        loop.call_soon(called.append, 1)
        loop.call_soon(loop.stop)

    loop.call_soon(begin)
    loop.run_forever()
    assert called == [1]


def test_steps_within_a_context_keep_it_and_do_not_spoil_the_awaiting_one(loop: NodeLoop) -> None:
    async def steps() -> list[str]:
        mark.set("inside")
        seen = []
        for _ in range(2):
            await asyncio.sleep(0)
            seen.append(mark.get())
        return seen

    async def driver() -> tuple[list[str], str]:
        mark.set("outside")
        return await within(copy_context(), steps()), mark.get()

    assert loop.run_until_complete(driver()) == (["inside", "inside"], "outside")


def test_a_cancellation_reaches_the_steps_within_a_context(loop: NodeLoop) -> None:
    async def steps() -> str:
        mark.set("inside")
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            return f"cancelled {mark.get()}"
        return "ended"

    async def driver() -> str:
        task = asyncio.ensure_future(_awaited())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    async def _awaited() -> str:
        answer: str = await within(copy_context(), steps())
        return answer

    assert loop.run_until_complete(driver()) == "cancelled inside"


def test_an_error_of_the_steps_is_the_awaiting_ones(loop: NodeLoop) -> None:
    async def steps() -> None:
        await asyncio.sleep(0)
        raise ValueError("of the steps")

    async def driver() -> None:
        await within(copy_context(), steps())

    with pytest.raises(ValueError, match="of the steps"):
        loop.run_until_complete(driver())
