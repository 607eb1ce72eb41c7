"""One attempt at a node: its input, its function, its output; marked in the flight page, ended by the clock."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Token
from typing import Any, Literal

import msgspec

from pipedreamer.sandbox.flight import FlightRecorder, now_ns
from pipedreamer.sandbox.protocol import LogLine, timed_out
from pipedreamer.sandbox.python.attempt import Attempt, current
from pipedreamer.sandbox.python.clock import Clock
from pipedreamer.sandbox.python.context import NodeContext
from pipedreamer.sandbox.python.explain import clean, explain
from pipedreamer.sandbox.python.fetching import Fetcher
from pipedreamer.sandbox.python.lanes import Lanes, NodeStoppedError
from pipedreamer.sandbox.python.lines import Unfinished
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.run_state import RunState
from pipedreamer.sandbox.python.typed import InputError
from pipedreamer.sandbox.python.values import JsonText, NotJsonError, to_json
from pipedreamer.sandbox.python.watched import Steps, watched

State = Literal["ok", "retry", "failed", "cancelled"]


class Ending(msgspec.Struct):
    """What an attempt came to: its output as JSON or its message, and the trace for the log."""

    state: State
    text: bytes
    trace: str = ""


Call = tuple[LoadedNode, int, int, JsonText, asyncio.Task[Any]]
"""What is called: a node, its index, for which time in its run, with which JSON, in which task."""


class Invoker:
    """Makes attempts. `send` may be called from any thread."""

    def __init__(
        self,
        flight: FlightRecorder,
        clock: Clock,
        lanes: Lanes,
        fetcher: Fetcher,
        send: Callable[[LogLine], None],
        unfinished: tuple[Unfinished, ...],
        root: str,
    ) -> None:
        self._flight = flight
        self._clock = clock
        self._lanes = lanes
        self._fetcher = fetcher
        self._send = send
        self._unfinished = unfinished
        self._root = root

    def attempt(self, state: RunState, call: Call) -> JsonText | Ending | Coroutine[Any, Any, Ending]:
        """Begin an attempt: its output at once where the node never waits, else how it ended or the rest of it.

        A node's objects may hold the loop as its function may, so that they are handled within its time.
        """
        node, index, number, given, task = call
        begun = now_ns()
        attempt = Attempt(state.request.run, index, number, begun, begun + node.timeout_ns, task)
        token = current.set(attempt)
        ended: JsonText | Ending
        try:
            try:
                self._clock.hold(attempt, begun)
                value = node.read(given)
                context = NodeContext(node.id, attempt, state, self._send, self._fetcher)
                steps = node.function(context, value) if node.is_async else self._in_lane(attempt, node, context, value)
                try:
                    waited_for = steps.send(None)
                except StopIteration as stop:
                    ended = to_json(stop.value) if attempt.reason is None else _stopped(attempt, node)
                else:
                    return self._rest(attempt, node, steps, waited_for, token)
            finally:
                self._clock.let_go()
        except BaseException as error:  # noqa: BLE001 - whatever a node raises fails its attempt and nothing else
            ended = self._failed(attempt, node, error)
        current.reset(token)
        self._end(attempt)
        return ended

    def cancel(self, run: int) -> None:
        """Stop the attempts of a run."""
        for attempt in self._clock.of_run(run):
            attempt.stop("cancel", now_ns())

    async def _rest(
        self, attempt: Attempt, node: LoadedNode, steps: Steps, waited_for: Any, token: Token[Attempt | None]
    ) -> Ending:
        """An attempt from its first wait to its end."""
        try:
            try:
                output = await watched(steps, waited_for, attempt, self._clock)
                return Ending("ok", to_json(output)) if attempt.reason is None else _stopped(attempt, node)
            finally:
                self._clock.let_go()
        except BaseException as error:  # noqa: BLE001 - as above
            return self._failed(attempt, node, error)
        finally:
            current.reset(token)
            self._end(attempt)

    async def _in_lane(self, attempt: Attempt, node: LoadedNode, context: NodeContext, value: Any) -> Any:
        self._clock.wait(attempt)
        lane = attempt.lane = self._lanes.take()
        self._flight.enter_thread(attempt.slot, lane.thread)
        try:
            output = await lane.call(node.function, context, value)
        finally:
            attempt.lane = None
            self._lanes.give_back(lane)
        return await output if inspect.isawaitable(output) else output

    def _failed(self, attempt: Attempt, node: LoadedNode, error: BaseException) -> Ending:
        if isinstance(error, NotJsonError):
            return Ending("failed", clean(f"the value that was returned {error.said}: {error}").encode())
        if isinstance(error, InputError):
            return Ending("failed", clean(f"the input does not fit: {error}").encode())
        if attempt.reason is None:
            with suppress(NodeStoppedError):
                return self._explained(attempt, error)
        return _stopped(attempt, node)

    def _explained(self, attempt: Attempt, error: BaseException) -> Ending:
        try:
            self._clock.hold(attempt, now_ns())
            explanation = explain(error, self._root)
        finally:
            self._clock.let_go()
        return Ending("failed", explanation.text.encode(), explanation.trace)

    def _end(self, attempt: Attempt) -> None:
        if attempt.watched:
            self._clock.forget(attempt)
            self._fetcher.end_attempt(attempt)
        attempt.watched = True  # and is no longer the clock's business
        if attempt.children:
            attempt.end_children()
        for lines in self._unfinished:
            if lines.rest:
                lines.finish(attempt)
        if attempt.reason is not None:
            while attempt.task.cancelling():
                attempt.task.uncancel()


def _stopped(attempt: Attempt, node: LoadedNode) -> Ending:
    if attempt.reason == "cancel":
        return Ending("cancelled", b"cancelled")
    return Ending("failed", timed_out(node.id, node.timeout_ns // 1_000_000).encode())
