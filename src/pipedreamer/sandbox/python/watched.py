"""Awaiting a node's code so that the flight page always tells whose step is on the processor.

A task that a node makes itself counts as the node, and ends with it.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from typing import Any

from pipedreamer.sandbox.flight import CURRENT, SINCE, now_ns
from pipedreamer.sandbox.python.attempt import Attempt, current


@types.coroutine
def watched(steps: Generator[Any, Any, Any], attempt: Attempt, words: memoryview) -> Generator[Any, Any, Any]:
    """Await what `steps` come to (`something.__await__()`), noting the attempt in the page at each step."""
    slot = attempt.slot + 1
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        began = now_ns()
        words[SINCE] = began
        words[CURRENT] = slot
        try:
            waited_for = steps.send(sent) if thrown is None else steps.throw(thrown)
        except StopIteration as stop:
            return stop.value
        finally:
            words[CURRENT] = 0
            attempt.held += now_ns() - began
        sent = thrown = None
        try:
            sent = yield waited_for
        except GeneratorExit:
            with suppress(BaseException):
                steps.close()
            raise
        except BaseException as error:  # noqa: BLE001 - a cancellation goes into the node, as await would do it
            thrown = error


class NodeTasks:
    """The loop's task factory: tasks made inside a node are watched like the node."""

    def __init__(self, words: memoryview) -> None:
        self._words = words

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **more: Any
    ) -> asyncio.Task[Any]:
        attempt = current.get()
        if attempt is None or not asyncio.iscoroutine(coro):
            return asyncio.Task(coro, loop=loop, **more)
        task = asyncio.Task(self._child(coro, attempt), loop=loop, **more)
        attempt.children.add(task)
        task.add_done_callback(attempt.children.discard)
        return task

    async def _child(self, coro: Coroutine[Any, Any, Any], attempt: Attempt) -> Any:
        return await watched(coro.__await__(), attempt, self._words)


def end_children(attempt: Attempt) -> None:
    """What a node left running ends with it."""
    for task in tuple(attempt.children):
        task.cancel()
