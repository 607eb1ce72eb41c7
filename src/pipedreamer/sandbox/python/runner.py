"""Runs a plan in this process: stage after stage, each node with its timeout and retries, its outcome told at once."""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import Any, cast

import orjson

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.protocol import Code, LogLine, Outcome, Run, Settings, retry_wait
from pipedreamer.sandbox.python.invoke import Call, Ending, Invoker
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.loop import within
from pipedreamer.sandbox.python.outbox import Outbox
from pipedreamer.sandbox.python.run_state import RunState, Stages
from pipedreamer.sandbox.python.values import JsonText


class Runner:
    """All runs of a worker. Everything happens in the loop's thread; plain functions alone run in lanes."""

    def __init__(
        self,
        code: Code,
        nodes: list[LoadedNode],
        invoker: Invoker,
        outbox: Outbox,
    ) -> None:
        self._nodes = nodes
        self._stages = _stages(code.stages)
        self._jitter = code.jitter
        self._invoker = invoker
        self._send = outbox.send
        self._keys = [orjson.dumps(node.id) + b":" for node in nodes]
        self._runs: dict[int, RunState] = {}

    def start(self, request: Run, settings: Settings, task: asyncio.Task[Any]) -> Coroutine[Any, Any, None] | None:
        """Begin a run in `task`: None when it has ended, as one does whose nodes never wait, else the rest of it."""
        stages = self._stages if request.nodes is None else self._only(request.nodes)
        state = self._runs[request.run] = RunState(request, settings, task, stages)
        context = copy_context()
        rest = context.run(self._begin, state)
        return None if rest is None else within(context, rest)

    def cancel(self, run: int) -> None:
        """Stop a run's nodes and begin no more."""
        state = self._runs.get(run)
        if state is not None:
            state.cancelled = True
            state.wake()
            self._invoker.cancel(run)

    def _begin(self, state: RunState) -> Coroutine[Any, Any, None] | None:
        try:
            for number, (stage, final) in enumerate(state.stages):
                rest = self._stage(state, stage, final)
                if rest is not None:
                    return self._go_on(state, rest, number)
                if state.over:
                    break
        except BaseException as error:  # noqa: BLE001 - a fault of ours ends the run, it must not hang
            self._break(state, error)
        del self._runs[state.request.run]
        return None

    async def _go_on(self, state: RunState, rest: Coroutine[Any, Any, None], number: int) -> None:
        """The rest of a run, from the `number`th stage on, which has begun."""
        try:
            await rest
            for stage, final in state.stages[number + 1 :]:
                if state.over:
                    break
                more = self._stage(state, stage, final)
                if more is not None:
                    await more
        except BaseException as error:  # noqa: BLE001 - as above
            self._break(state, error)
        finally:
            del self._runs[state.request.run]

    def _break(self, state: RunState, error: BaseException) -> None:
        index = next(node for stage, _ in state.stages for node in stage if node not in state.outputs)
        text = f"the worker itself failed: {type(error).__name__}".encode(errors="replace")
        now = now_ns()
        self._send(Outcome(state.request.run, index, 1, now, now, "failed", text, last=True))

    def _only(self, nodes: tuple[int, ...]) -> Stages:
        chosen = (tuple(node for node in stage if node in nodes) for stage, _ in self._stages)
        return _stages([stage for stage in chosen if stage])

    def _stage(self, state: RunState, stage: tuple[int, ...], final: bool) -> Coroutine[Any, Any, None] | None:
        nodes = tuple(node for node in stage if node not in state.outputs) if state.resumed else stage
        state.left = len(nodes)
        if len(nodes) == 1:
            return self._node(state, nodes[0], final, state.task)
        return self._together(state, nodes, final) if nodes else None

    async def _together(self, state: RunState, nodes: tuple[int, ...], final: bool) -> None:
        await asyncio.gather(*(self._beside(state, node, final) for node in nodes))

    async def _beside(self, state: RunState, index: int, final: bool) -> None:
        """A node among several, in a task of its own."""
        rest = self._node(state, index, final, cast("asyncio.Task[Any]", asyncio.current_task()))
        if rest is not None:
            await rest

    def _node(
        self, state: RunState, index: int, final: bool, task: asyncio.Task[Any]
    ) -> Coroutine[Any, Any, None] | None:
        """Begin a node; None when it has succeeded already, as one does that never waits."""
        request = state.request
        number = request.attempts.get(index, 0) + 1 if request.attempts else 1
        node = self._nodes[index]
        call = (node, index, number, self._input(state, node), task)
        begun = now_ns()
        ended = self._invoker.attempt(state, call)
        if type(ended) is not bytes:
            return self._rest(state, call, final, begun, cast("Ending | Coroutine[Any, Any, Ending]", ended))
        state.outputs[index] = ended
        state.left -= 1
        last = not state.left and (final or state.failed or state.cancelled)
        self._send(Outcome(request.run, index, number, begun, now_ns(), "ok", ended, last))
        return None

    async def _rest(
        self, state: RunState, call: Call, final: bool, begun: int, ended: Ending | Coroutine[Any, Any, Ending]
    ) -> None:
        """Attempts until one succeeds, none is left, or the run is over; the first one has begun."""
        node, index, number, given, task = call
        run = state.request.run
        failures = state.request.failures.get(index, 0)
        while True:
            ending = ended if isinstance(ended, Ending) else await ended
            failures += 1
            if ending.state == "ok":
                state.outputs[index] = ending.text
            elif ending.state == "failed" and failures <= node.retries and not state.over:
                self._send(Outcome(run, index, number, begun, now_ns(), "retry", ending.text, last=False))
                again = f"attempt {failures} of {node.retries + 1} failed: {ending.text.decode()}"
                self._send(LogLine(run, index, number, "warn", again))
                await self._pause(state, failures)
                if not state.over:
                    number += 1
                    begun = now_ns()
                    ended = self._again(state, (node, index, number, given, task))
                    continue
            break
        if ending.state == "failed":
            state.failed = True
            state.wake()
            self._send(LogLine(run, index, number, "error", ending.trace or ending.text.decode()))
        state.left -= 1
        last = state.left == 0 and (final or state.over)
        self._send(Outcome(run, index, number, begun, now_ns(), ending.state, ending.text, last))

    def _again(self, state: RunState, call: Call) -> Ending | Coroutine[Any, Any, Ending]:
        ended = self._invoker.attempt(state, call)
        return Ending("ok", ended) if isinstance(ended, bytes) else ended

    def _input(self, state: RunState, node: LoadedNode) -> JsonText:
        """The JSON that a node is given: each reads a copy of its own."""
        parents = node.parents
        if not parents:
            return state.request.input
        if len(parents) == 1:
            return state.outputs[parents[0]]
        return b"{%b}" % b",".join(self._keys[parent] + state.outputs[parent] for parent in parents)

    async def _pause(self, state: RunState, failures: int) -> None:
        wait = retry_wait(failures)
        if self._jitter:
            wait *= 1 + random.random() / 10  # noqa: S311 - spreads load, hides nothing
        state.stopping = state.stopping or asyncio.Event()
        with suppress(TimeoutError):
            await asyncio.wait_for(state.stopping.wait(), wait)


def _stages(stages: Sequence[tuple[int, ...]]) -> Stages:
    return [(stage, number == len(stages)) for number, stage in enumerate(stages, 1)]
