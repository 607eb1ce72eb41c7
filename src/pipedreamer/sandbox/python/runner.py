"""Runs a plan in this process: stage after stage, each node with its timeout and retries, its outcome told at once."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.protocol import Code, LogLine, Outcome, Run, Settings, ToEngine, retry_wait, timed_out
from pipedreamer.sandbox.python.attempt import Attempt
from pipedreamer.sandbox.python.explain import clean, explain
from pipedreamer.sandbox.python.invoke import Invoker
from pipedreamer.sandbox.python.lanes import NodeStoppedError
from pipedreamer.sandbox.python.loader import LoadedNode
from pipedreamer.sandbox.python.typed import InputError
from pipedreamer.sandbox.python.values import JsonText, NotJsonError, from_json, to_json

State = Literal["ok", "retry", "failed", "cancelled"]


class Ending(NamedTuple):
    """What an attempt came to: its output as JSON or its message, and the trace for the log."""

    text: bytes
    trace: str = ""


class RunState:
    """One run while it lasts; `left` counts the nodes of the stage that have not ended."""

    __slots__ = ("attempts", "cancelled", "failed", "left", "outputs", "request", "settings", "stopping", "value")

    def __init__(self, request: Run, settings: Settings) -> None:
        self.request = request
        self.settings = settings
        self.value: Any = None
        self.outputs: dict[int, JsonText] = dict(request.done)
        self.attempts: set[Attempt] = set()
        self.failed = False
        self.cancelled = False
        self.left = 0
        self.stopping: asyncio.Event | None = None

    @property
    def over(self) -> bool:
        """No further attempt is begun."""
        return self.failed or self.cancelled

    def wake(self) -> None:
        if self.stopping is not None:
            self.stopping.set()


class Runner:
    """All runs of a worker. Everything happens in the loop's thread; plain functions alone run in lanes."""

    def __init__(self, code: Code, nodes: list[LoadedNode], invoker: Invoker, send: Callable[[ToEngine], None]) -> None:
        self._nodes = nodes
        self._stages = code.stages
        self._root = code.root
        self._jitter = code.jitter
        self._invoker = invoker
        self._send = send
        self._runs: dict[int, RunState] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, request: Run, settings: Settings) -> None:
        state = self._runs[request.run] = RunState(request, settings)
        task = asyncio.get_running_loop().create_task(self._run(state))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self, run: int) -> None:
        """Stop a run's nodes and begin no more."""
        state = self._runs.get(run)
        if state is not None:
            state.cancelled = True
            state.wake()
            for attempt in list(state.attempts):
                attempt.stop("cancel", now_ns())

    async def _run(self, state: RunState) -> None:
        try:
            for number, stage in enumerate(self._stages):
                nodes = [node for node in stage if node not in state.outputs]
                state.left = len(nodes)
                final = number == len(self._stages) - 1
                if len(nodes) == 1:
                    await self._node(state, nodes[0], final)
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

    async def _node(self, state: RunState, index: int, final: bool) -> None:
        """Attempts until one succeeds, none is left, or the run is over."""
        node = self._nodes[index]
        number = state.request.attempts.get(index, 0)
        failures = state.request.failures.get(index, 0)
        while True:
            number += 1
            begun = now_ns()
            kind, value = await self._attempt(state, index, number)
            failures += 1
            if kind == "ok":
                state.outputs[index] = value.text
            elif kind == "failed" and failures <= node.retries and not state.over:
                self._tell(state, (index, number, begun), "retry", value.text, last=False)
                again = f"attempt {failures} of {node.retries + 1} failed: {value.text.decode()}"
                self._log(state.request.run, index, number, "warn", again)
                await self._pause(state, failures)
                if not state.over:
                    continue
            break
        if kind == "failed":
            state.failed = True
            state.wake()
            self._log(state.request.run, index, number, "error", value.trace or value.text.decode())
        state.left -= 1
        last = state.left == 0 and (final or state.over)
        self._tell(state, (index, number, begun), kind, value.text, last=last)

    async def _attempt(self, state: RunState, index: int, number: int) -> tuple[State, Ending]:
        node = self._nodes[index]
        attempt = self._invoker.begin(state.request.run, index, number, node.timeout_ns)
        state.attempts.add(attempt)
        try:
            with self._invoker.on_processor(attempt):
                value = self._input(state, node)
            output = await self._invoker.call(attempt, node, value, state.request, state.settings)
            if attempt.reason is None:
                with self._invoker.on_processor(attempt):
                    return "ok", Ending(to_json(output))
        except NotJsonError as error:
            return "failed", Ending(clean(f"the value that was returned is not JSON: {error}").encode())
        except InputError as error:
            return "failed", Ending(clean(f"the input does not fit: {error}").encode())
        except BaseException as error:  # noqa: BLE001 - whatever a node raises fails its attempt and nothing else
            if attempt.reason is None:
                with suppress(NodeStoppedError), self._invoker.on_processor(attempt):
                    explanation = explain(error, self._root)
                    return "failed", Ending(explanation.text.encode(), explanation.trace)
        finally:
            state.attempts.discard(attempt)
            self._invoker.end(attempt)
        if attempt.reason == "cancel":
            return "cancelled", Ending(b"cancelled")
        return "failed", Ending(timed_out(node.id, node.timeout_ns // 1_000_000).encode())

    def _input(self, state: RunState, node: LoadedNode) -> Any:
        """Each node gets a copy of its own, as JSON would give it."""
        if not node.parents:
            value = from_json(state.request.input)
        elif len(node.parents) == 1:
            value = from_json(state.outputs[node.parents[0]])
        else:
            value = {self._nodes[parent].id: from_json(state.outputs[parent]) for parent in node.parents}
        return value if node.convert is None else node.convert(value)

    async def _pause(self, state: RunState, failures: int) -> None:
        wait = retry_wait(failures)
        if self._jitter:
            wait *= 1 + random.random() / 10  # noqa: S311 - spreads load, hides nothing
        state.stopping = state.stopping or asyncio.Event()
        with suppress(TimeoutError):
            await asyncio.wait_for(state.stopping.wait(), wait)

    def _tell(self, state: RunState, what: tuple[int, int, int], kind: State, value: bytes, last: bool) -> None:
        index, number, begun = what
        self._send(
            Outcome(
                run=state.request.run,
                node=index,
                attempt=number,
                started=begun,
                ended=now_ns(),
                state=kind,
                value=value,
                last=last,
            )
        )

    def _log(self, run: int, index: int, number: int, level: Literal["warn", "error"], text: str) -> None:
        self._send(LogLine(run, index, number, level, text))
