"""Awaiting a node's code so that the flight page always tells whose step is on the processor.

A task that a node makes itself counts as the node, and ends with it.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator
from contextlib import suppress
from typing import Any

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.python.attempt import Attempt, current
from pipedreamer.sandbox.python.clock import Clock

Steps = Coroutine[Any, Any, Any]


@types.coroutine
def watched(steps: Steps, waited_for: Any, attempt: Attempt, clock: Clock) -> Generator[Any, Any, Any]:
    """Go on with `steps` (a coroutine that has begun), which wait for `waited_for`; ends while it holds the loop."""
    while True:
        clock.wait(attempt)
        sent: Any = None
        thrown: BaseException | None = None
        try:
            sent = yield waited_for
        except GeneratorExit:
            with suppress(BaseException):
                steps.close()
            raise
        except BaseException as error:  # noqa: BLE001 - a cancellation goes into the node, as await would do it
            thrown = error
        clock.hold(attempt, now_ns())
        try:
            waited_for = steps.send(sent) if thrown is None else steps.throw(thrown)
        except StopIteration as stop:
            return stop.value


class NodeTasks:
    """The loop's task factory: tasks made inside a node are watched like the node."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **more: Any
    ) -> asyncio.Task[Any]:
        attempt = current.get()
        if attempt is None or not asyncio.iscoroutine(coro):
            return asyncio.Task(coro, loop=loop, **more)
        task = asyncio.Task(self._child(coro, attempt), loop=loop, **more)
        attempt.adopt(task)
        return task

    async def _child(self, coro: Coroutine[Any, Any, Any], attempt: Attempt) -> Any:
        try:
            self._clock.hold(attempt, now_ns())
            try:
                waited_for = coro.send(None)
            except StopIteration as stop:
                return stop.value
            return await watched(coro, waited_for, attempt, self._clock)
        finally:
            self._clock.let_go()
