"""One attempt at a node: its input, its function, its output; marked in the flight page, ended by the clock."""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import msgspec

from pipedreamer.sandbox.flight import FlightRecorder, now_ns
from pipedreamer.sandbox.protocol import ToEngine, timed_out
from pipedreamer.sandbox.python.attempt import Attempt, current
from pipedreamer.sandbox.python.clock import Clock
from pipedreamer.sandbox.python.context import NodeContext, PrintedLines
from pipedreamer.sandbox.python.explain import clean, explain
from pipedreamer.sandbox.python.fetching import Fetcher
from pipedreamer.sandbox.python.lanes import Lanes, NodeStoppedError
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.run_state import RunState
from pipedreamer.sandbox.python.typed import InputError
from pipedreamer.sandbox.python.values import JsonText, NotJsonError, to_json
from pipedreamer.sandbox.python.watched import watched

State = Literal["ok", "retry", "failed", "cancelled"]


class Ending(msgspec.Struct):
    """What an attempt came to: its output as JSON or its message, and the trace for the log."""

    state: State
    text: bytes
    trace: str = ""


class Invoker:
    """Makes attempts. `send` may be called from any thread."""

    def __init__(
        self,
        flight: FlightRecorder,
        clock: Clock,
        lanes: Lanes,
        fetcher: Fetcher,
        send: Callable[[ToEngine], None],
        printed: tuple[PrintedLines, ...],
        root: str,
    ) -> None:
        self._flight = flight
        self._clock = clock
        self._lanes = lanes
        self._fetcher = fetcher
        self._send = send
        self._printed = printed
        self._root = root

    async def attempt(self, attempt: Attempt, node: LoadedNode, given: JsonText, state: RunState) -> Ending:
        """From the input's text to the output's, whatever happens on the way.

        A node's objects may hold the loop as its function may, so that they are handled within its time.
        """
        token = current.set(attempt)
        try:
            try:
                self._clock.hold(attempt)
                value = node.read(given)
                context = NodeContext(attempt, node.id, state, self._send, self._fetcher)
                if node.is_async:
                    output = await watched(node.function(context, value).__await__(), attempt, self._clock)
                else:
                    output = await self._in_lane(attempt, node.function, context, value)
                    if inspect.isawaitable(output):
                        output = await watched(output.__await__(), attempt, self._clock)
                if attempt.reason is None:
                    return Ending("ok", to_json(output))
            finally:
                self._clock.let_go(attempt)
        except NotJsonError as error:
            return Ending("failed", clean(f"the value that was returned is not JSON: {error}").encode())
        except InputError as error:
            return Ending("failed", clean(f"the input does not fit: {error}").encode())
        except BaseException as error:  # noqa: BLE001 - whatever a node raises fails its attempt and nothing else
            if attempt.reason is None:
                with suppress(NodeStoppedError):
                    return self._explained(attempt, error)
        finally:
            current.reset(token)
            self._end(attempt)
        if attempt.reason == "cancel":
            return Ending("cancelled", b"cancelled")
        return Ending("failed", timed_out(node.id, node.timeout_ns // 1_000_000).encode())

    def begin(self, run: int, node: int, number: int, timeout_ns: int, task: asyncio.Task[Any]) -> Attempt:
        """Note in the page that an attempt runs, in `task`."""
        begun = now_ns()
        deadline = begun + timeout_ns
        return Attempt(run, node, number, begun, deadline, self._flight.begin(run, node, number, deadline), task)

    def cancel(self, run: int) -> None:
        """Stop the attempts of a run."""
        for attempt in self._clock.of_run(run):
            attempt.stop("cancel", now_ns())

    def _end(self, attempt: Attempt) -> None:
        self._flight.end(attempt.slot)
        self._clock.forget(attempt)
        self._fetcher.end_attempt(attempt)
        attempt.end_children()
        for lines in self._printed:
            lines.finish(attempt)
        if attempt.reason is not None:
            while attempt.task.cancelling():
                attempt.task.uncancel()

    def _explained(self, attempt: Attempt, error: BaseException) -> Ending:
        self._clock.hold(attempt)
        try:
            explanation = explain(error, self._root)
        finally:
            self._clock.let_go(attempt)
        return Ending("failed", explanation.text.encode(), explanation.trace)

    async def _in_lane(self, attempt: Attempt, *call: Any) -> Any:
        self._clock.let_go(attempt)
        lane = attempt.lane = self._lanes.take()
        self._flight.enter_thread(attempt.slot, lane.thread)
        self._clock.watch(attempt)
        try:
            return await lane.call(*call)
        finally:
            attempt.lane = None
            self._lanes.give_back(lane)
            self._clock.hold(attempt)
