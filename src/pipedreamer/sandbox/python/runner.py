"""Runs a plan in this process: stage after stage, each node with its timeout and retries, its outcome told at once."""

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Literal, cast

import orjson

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.protocol import Code, LogLine, Outcome, Run, Settings, retry_wait
from pipedreamer.sandbox.python.invoke import Call, Ending, Invoker, State
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.loop import NodeLoop
from pipedreamer.sandbox.python.outbox import Outbox
from pipedreamer.sandbox.python.run_state import RunState
from pipedreamer.sandbox.python.values import JsonText


class Runner:
    """All runs of a worker. Everything happens in the loop's thread; plain functions alone run in lanes."""

    def __init__(
        self,
        code: Code,
        nodes: list[LoadedNode],
        invoker: Invoker,
        outbox: Outbox,
        loop: NodeLoop,
    ) -> None:
        self._nodes = nodes
        self._stages = code.stages
        self._jitter = code.jitter
        self._invoker = invoker
        self._outbox = outbox
        self._loop = loop
        self._keys = [orjson.dumps(node.id) + b":" for node in nodes]
        self._runs: dict[int, RunState] = {}

    def start(self, request: Run, settings: Settings) -> None:
        """Begin a run and go on with it until it waits for something, which many never do."""
        state = self._runs[request.run] = RunState(request, settings)
        state.task = self._loop.create_held(self._run(state))
        self._loop.begin_held()

    def cancel(self, run: int) -> None:
        """Stop a run's nodes and begin no more."""
        state = self._runs.get(run)
        if state is not None:
            state.cancelled = True
            state.wake()
            self._invoker.cancel(run)

    async def _run(self, state: RunState) -> None:
        try:
            for number, stage in enumerate(self._stages):
                nodes = [node for node in stage if node not in state.outputs]
                state.left = len(nodes)
                final = number == len(self._stages) - 1
                if len(nodes) == 1:
                    rest = self._node(state, nodes[0], final, state.task)
                    if rest is not None:
                        await rest
                elif nodes:
                    await asyncio.gather(*(self._beside(state, node, final) for node in nodes))
                if state.failed or state.cancelled:
                    break
        except BaseException as error:  # noqa: BLE001 - a fault of ours ends the run, it must not hang
            index = next(node for stage in self._stages for node in stage if node not in state.outputs)
            text = f"the worker itself failed: {type(error).__name__}"
            self._tell(state, (index, 1, now_ns()), "failed", text.encode(errors="replace"), last=True)
        finally:
            del self._runs[state.request.run]

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
        call = Call(node, index, number, self._input(state, node), task)
        begun = now_ns()
        ending = self._invoker.attempt(call, state)
        if isinstance(ending, Ending) and ending.state == "ok":
            state.outputs[index] = ending.text
            state.left -= 1
            last = not state.left and (final or state.failed or state.cancelled)
            self._tell(state, (index, number, begun), "ok", ending.text, last)
            return None
        return self._rest(state, call, final, begun, ending)

    async def _rest(
        self, state: RunState, call: Call, final: bool, begun: int, started: Ending | Coroutine[Any, Any, Ending]
    ) -> None:
        """Attempts until one succeeds, none is left, or the run is over; the first one has begun."""
        node, index = call.node, call.index
        failures = state.request.failures.get(index, 0)
        while True:
            ending = started if isinstance(started, Ending) else await started
            failures += 1
            if ending.state == "ok":
                state.outputs[index] = ending.text
            elif ending.state == "failed" and failures <= node.retries and not state.over:
                self._tell(state, (index, call.number, begun), "retry", ending.text)
                again = f"attempt {failures} of {node.retries + 1} failed: {ending.text.decode()}"
                self._log(state.request.run, index, call.number, "warn", again)
                await self._pause(state, failures)
                if not state.over:
                    call.number += 1
                    begun = now_ns()
                    started = self._invoker.attempt(call, state)
                    continue
            break
        if ending.state == "failed":
            state.failed = True
            state.wake()
            self._log(state.request.run, index, call.number, "error", ending.trace or ending.text.decode())
        state.left -= 1
        last = state.left == 0 and (final or state.over)
        self._tell(state, (index, call.number, begun), ending.state, ending.text, last)

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

    def _tell(self, state: RunState, what: tuple[int, int, int], kind: State, value: bytes, last: bool = False) -> None:
        index, number, begun = what
        self._outbox.send(Outcome(state.request.run, index, number, begun, now_ns(), kind, value, last))

    def _log(self, run: int, index: int, number: int, level: Literal["warn", "error"], text: str) -> None:
        self._outbox.send(LogLine(run, index, number, level, text))
