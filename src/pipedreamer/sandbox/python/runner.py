"""Runs a plan in this process: stage after stage, each node with its timeout and retries, its outcome told at once."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, cast

import orjson

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.protocol import Code, LogLine, Outcome, Run, Settings, ToEngine, retry_wait
from pipedreamer.sandbox.python.invoke import Invoker, State
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.run_state import RunState
from pipedreamer.sandbox.python.values import JsonText


class Runner:
    """All runs of a worker. Everything happens in the loop's thread; plain functions alone run in lanes."""

    def __init__(
        self,
        code: Code,
        nodes: list[LoadedNode],
        invoker: Invoker,
        send: Callable[[ToEngine], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._nodes = nodes
        self._stages = code.stages
        self._jitter = code.jitter
        self._invoker = invoker
        self._send = send
        self._loop = loop
        self._keys = [orjson.dumps(node.id) + b":" for node in nodes]
        self._runs: dict[int, RunState] = {}

    def start(self, request: Run, settings: Settings) -> None:
        """Begin a run and go on with it until it waits for something, which many never do."""
        state = self._runs[request.run] = RunState(request, settings)
        state.task = asyncio.Task(self._run(state), loop=self._loop)
        # Its first step now and not a turn of the loop later. Python 3.12 calls that an eager task, 3.11 has no word
        # for it: the step is what the loop was just handed.
        loop: Any = self._loop
        loop._ready.pop()._run()  # noqa: SLF001 - see above

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
                    await self._node(state, nodes[0], final, state.task)
                elif nodes:
                    await asyncio.gather(*(self._node(state, node, final) for node in nodes))
                if state.over:
                    break
        except BaseException as error:  # noqa: BLE001 - a fault of ours ends the run, it must not hang
            index = next(node for stage in self._stages for node in stage if node not in state.outputs)
            text = f"the worker itself failed: {type(error).__name__}"
            self._tell(state, (index, 1, now_ns()), "failed", text.encode(errors="replace"), last=True)
        finally:
            del self._runs[state.request.run]

    async def _node(self, state: RunState, index: int, final: bool, task: asyncio.Task[Any] | None = None) -> None:
        """Attempts until one succeeds, none is left, or the run is over."""
        node = self._nodes[index]
        task = task or cast("asyncio.Task[Any]", asyncio.current_task())
        number = state.request.attempts.get(index, 0)
        failures = state.request.failures.get(index, 0)
        while True:
            number += 1
            attempt = self._invoker.begin(state.request.run, index, number, node.timeout_ns, task)
            begun = attempt.begun
            ending = await self._invoker.attempt(attempt, node, self._input(state, node), state)
            failures += 1
            if ending.state == "ok":
                state.outputs[index] = ending.text
            elif ending.state == "failed" and failures <= node.retries and not state.over:
                self._tell(state, (index, number, begun), "retry", ending.text)
                again = f"attempt {failures} of {node.retries + 1} failed: {ending.text.decode()}"
                self._log(state.request.run, index, number, "warn", again)
                await self._pause(state, failures)
                if not state.over:
                    continue
            break
        if ending.state == "failed":
            state.failed = True
            state.wake()
            self._log(state.request.run, index, number, "error", ending.trace or ending.text.decode())
        state.left -= 1
        last = state.left == 0 and (final or state.over)
        self._tell(state, (index, number, begun), ending.state, ending.text, last)

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
        self._send(Outcome(state.request.run, index, number, begun, now_ns(), kind, value, last))

    def _log(self, run: int, index: int, number: int, level: Literal["warn", "error"], text: str) -> None:
        self._send(LogLine(run, index, number, level, text))
