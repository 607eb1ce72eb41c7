"""Calling a node's function: in the loop or in a lane, marked in the flight page, ended by the clock."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipedreamer.sandbox.flight import CURRENT, SINCE, FlightRecorder, now_ns
from pipedreamer.sandbox.protocol import Run, Settings, ToEngine
from pipedreamer.sandbox.python.attempt import Attempt, current
from pipedreamer.sandbox.python.clock import Clock
from pipedreamer.sandbox.python.context import NodeContext, PrintedLines
from pipedreamer.sandbox.python.fetching import Fetcher
from pipedreamer.sandbox.python.lanes import Lanes
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.watched import end_children, watched


class Invoker:
    """Begins, calls and ends attempts. `send` may be called from any thread."""

    def __init__(
        self,
        flight: FlightRecorder,
        clock: Clock,
        lanes: Lanes,
        fetcher: Fetcher,
        send: Callable[[ToEngine], None],
        printed: tuple[PrintedLines, ...],
    ) -> None:
        self._flight = flight
        self._clock = clock
        self._lanes = lanes
        self._fetcher = fetcher
        self._send = send
        self._printed = printed

    def begin(self, run: int, node: int, number: int, timeout_ns: int) -> Attempt:
        begun = now_ns()
        deadline = begun + timeout_ns
        attempt = Attempt(run, node, number, begun, deadline, self._flight.begin(run, node, number, deadline))
        self._clock.watch(attempt)
        return attempt

    def end(self, attempt: Attempt) -> None:
        self._flight.end(attempt.slot)
        self._clock.forget(attempt)
        self._fetcher.end_attempt(attempt)
        if attempt.children:
            end_children(attempt)
        for lines in self._printed:
            lines.finish(attempt)

    @contextmanager
    def on_processor(self, attempt: Attempt) -> Iterator[None]:
        """While our own code handles a node's objects, whose methods may hold the loop as its function may."""
        words = self._flight.words
        began = now_ns()
        words[SINCE] = began
        words[CURRENT] = attempt.slot + 1
        try:
            yield
        finally:
            words[CURRENT] = 0
            attempt.held += now_ns() - began

    async def call(self, attempt: Attempt, node: LoadedNode, value: Any, run: Run, settings: Settings) -> Any:
        context = NodeContext(attempt, node.id, run, settings, self._send, self._fetcher)
        token = current.set(attempt)
        try:
            if node.is_async:
                return await self._in_loop(attempt, node.function(context, value))
            output = await self._in_lane(attempt, node.function, context, value)
            return await self._in_loop(attempt, output) if inspect.isawaitable(output) else output
        finally:
            current.reset(token)

    async def _in_loop(self, attempt: Attempt, awaitable: Any) -> Any:
        task = attempt.task = asyncio.current_task()
        try:
            return await watched(awaitable.__await__(), attempt, self._flight.words)
        finally:
            attempt.task = None
            if attempt.reason is not None and task is not None:
                while task.cancelling():
                    task.uncancel()

    async def _in_lane(self, attempt: Attempt, *call: Any) -> Any:
        lane = attempt.lane = self._lanes.take()
        self._flight.enter_thread(attempt.slot, lane.thread)
        try:
            return await lane.call(*call)
        finally:
            attempt.lane = None
            self._lanes.give_back(lane)
