"""A held task is a task like any other, only that its first step is taken when it is told to."""

import asyncio
from collections.abc import Iterator

import pytest

from pipedreamer.sandbox.python.loop import NodeLoop


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
        task = loop.create_held(work())
        assert seen == []
        loop.begin_held()
        seen.append(task)

    loop.run_until_complete(driver())
    first, task, later = seen
    assert first is task
    assert later is task


def test_what_else_is_called_soon_is_called(loop: NodeLoop) -> None:
    called: list[int] = []

    async def nothing() -> None:
        return

    def begin() -> None:
        loop.create_held(nothing())
        loop.begin_held()
        loop.call_soon(called.append, 1)
        loop.call_soon(loop.stop)

    loop.call_soon(begin)
    loop.run_forever()
    assert called == [1]
