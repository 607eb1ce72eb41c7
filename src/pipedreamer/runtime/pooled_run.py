"""One run on its way through the pool: what its nodes came to, and what happens when a worker is lost under it."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pipedreamer.errors import SandboxError
from pipedreamer.runtime.result import Attempt, RunResult, Timing
from pipedreamer.sandbox.jobs import Interruption
from pipedreamer.sandbox.protocol import Outcome, Run, retry_wait, timed_out

MOST_INTERRUPTIONS = 3
"""After so many a run gets a worker of its own."""


@dataclass(frozen=True, slots=True)
class RunnableNode:
    """What the run needs to know of a node."""

    id: str
    timeout_ms: int
    retries: int
    rerun_interrupted: bool


@dataclass(frozen=True, slots=True)
class RunnablePlan:
    """The nodes in the order of their numbers on the wire; `longest_ns` bounds a whole run from above.

    `is_mixed` where they are in several languages.
    """

    version: str
    nodes: tuple[RunnableNode, ...]
    longest_ns: int
    is_mixed: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some nodes of a run: `outputs` has what those before them came to, in the order they ended.

    `attempts` tells how often some were begun in another life of the engine, `hear` is told of each attempt that ends,
    with its output.
    """

    plan: RunnablePlan
    nodes: tuple[int, ...]
    outputs: dict[str, bytes]
    attempts: dict[int, int]
    hear: Callable[[Attempt, bytes | None], None] | None = None


class Owner(Protocol):
    """The executor, as a run sees it. `plan` is the present one."""

    plan: RunnablePlan

    @property
    def tell(self) -> "Tell": ...
    def again(self, run: "PooledRun", alone: bool, wait: float) -> None:
        """Put it into the pool anew, after so many seconds."""

    def ended(self, run: "PooledRun", result: RunResult | None) -> None:
        """Without a result it could not be carried out."""


class PooledRun:
    """Implements `sandbox.jobs.Job`. `result` is set once, unless nobody waits for it any more."""

    __slots__ = (
        "_alone", "_attempts", "_began", "_cancelled", "_ended", "_errors", "_failures", "_hear", "_input",
        "_interruptions", "_nodes", "_offset", "_outputs", "_owner", "_result", "_times", "_timings", "_tried", "plan",
        "run_id",
    )  # fmt: skip

    def __init__(
        self,
        owner: Owner,
        run_id: str,
        trigger_input: bytes,
        result: asyncio.Future[RunResult],
        stretch: Stretch | None = None,
    ) -> None:
        self.run_id = run_id
        self.plan = stretch.plan if stretch else owner.plan
        self._nodes = stretch.nodes if stretch else None
        self._hear = stretch.hear if stretch else None
        self._owner = owner
        self._result = result
        self._input = trigger_input
        self._began, self._ended = sys.maxsize, 0
        self._offset = time.time_ns() - time.monotonic_ns()
        # By the node's id, what is final; by its number, what there was of others so far.
        self._outputs: dict[str, bytes] = dict(stretch.outputs) if stretch else {}
        self._errors: dict[str, str] = {}
        self._timings: dict[str, Timing] = {}
        self._times: dict[int, tuple[int, int]] = {}
        self._attempts: dict[int, int] = dict(stretch.attempts) if stretch else {}
        self._failures: dict[int, int] = {}
        self._tried: list[Attempt] = []
        self._interruptions = 0
        self._alone = False
        self._cancelled = False

    @property
    def is_whole(self) -> bool:
        """Whether it is a run of its own, and no stretch of one."""
        return self._nodes is None

    @property
    def longest_ns(self) -> int:
        return self.plan.longest_ns

    def cancel(self) -> None:
        """It is to end: no further node begins."""
        self._cancelled = True

    def ready(self) -> bool:
        if self._cancelled:
            self._finish()
            return False
        plan = self._owner.plan
        if plan is self.plan:
            return True
        if self._outputs or self._attempts or self._nodes is not None or plan.is_mixed:
            # Its numbers of nodes and its outputs belong to code that is gone.
            for index in self._attempts or self._unfinished():
                name = self.plan.nodes[index].id
                self._errors[name] = f'Node "{name}" was interrupted, and the code it began with has been replaced'
            self._finish()
            return False
        self.plan = plan
        return True

    def request(self, serial: int) -> Run:
        outputs, nodes = self._outputs, self.plan.nodes
        done = {index: outputs[node.id] for index, node in enumerate(nodes) if node.id in outputs} if outputs else {}
        return Run(serial, self.run_id, self._input, done, self._attempts, self._failures, self._nodes)

    def outcome(self, outcome: Outcome) -> None:
        index, state = outcome.node, outcome.state
        if not 0 <= index < len(self.plan.nodes) or (self._nodes is not None and index not in self._nodes):
            return
        name = self.plan.nodes[index].id
        began, ended = outcome.started, outcome.ended
        if state == "ok":
            if self._hear is not None or outcome.attempt > 1:
                self._note(outcome, name)
            if index in self._times:
                began, _ = self._times.pop(index)
                self._attempts.pop(index, None)
            self._outputs[name] = outcome.value
            self._timings[name] = self._timing(began, ended)
            if began < self._began:
                self._began = began
            if ended > self._ended:
                self._ended = ended
        else:
            self._note(outcome, name)
            self._took(index, began, ended)
            self._attempts[index] = outcome.attempt
            if state == "retry":
                self._failures[index] = self._failures.get(index, 0) + 1
            elif state == "failed":
                self._errors[name] = outcome.value.decode(errors="replace")
            elif state == "cancelled":
                self._errors[name] = _cancelled(name)
        if outcome.last:
            self._finish()

    def interrupted(self, interruption: Interruption) -> None:
        """The worker is gone: fail what is to blame, start the rest again elsewhere."""
        wait = 0.0
        now = time.monotonic_ns()
        # A worker's word: a broken one speaks of nodes that there are not.
        running = {
            index: attempt for index, attempt in interruption.running.items() if 0 <= index < len(self.plan.nodes)
        }
        for index, attempt in running.items():
            if self.plan.nodes[index].id in self._outputs:
                continue
            node = self.plan.nodes[index]
            self._attempts[index] = attempt
            began = min(interruption.deadlines[index] - node.timeout_ms * 1_000_000, now)
            self._took(index, began, now)
            times = self._timing(began, now)
            lost = f"its worker process {interruption.reason}"
            why = _blame(node, interruption) if index in interruption.guilty else lost
            self._tell(Attempt(node.id, attempt, "interrupted", times.started_at, times.completed_at, why))
            if self._cancelled:
                self._errors[node.id] = _cancelled(node.id)
            elif index in interruption.guilty:
                failures = self._failures[index] = self._failures.get(index, 0) + 1
                blame = _blame(node, interruption)
                if failures > node.retries:
                    self._errors[node.id] = blame
                    self._owner.tell(self, index, "error", blame)
                else:
                    self._owner.tell(self, index, "warn", f"attempt {failures} of {node.retries + 1} failed: {blame}")
                    wait = max(wait, retry_wait(failures))
            elif not node.rerun_interrupted:
                self._errors[node.id] = f'Node "{node.id}" was interrupted: {_because(interruption)}'
        if self._cancelled:
            self._finish()
            return
        self._interruptions += 1
        unknown = interruption.cause == "unknown"
        if self._alone and not interruption.guilty:
            # Nothing else ran there: whatever it was, it was this run.
            for index in running or self._unfinished():
                node = self.plan.nodes[index]
                self._errors[node.id] = _blame(node, interruption)
        if self._errors or not self._unfinished():
            self._finish()
        else:
            self._alone = unknown or self._interruptions >= MOST_INTERRUPTIONS
            self._owner.again(self, self._alone, wait)

    def _unfinished(self) -> list[int]:
        """The first node in the plan's order that has no output."""
        nodes = range(len(self.plan.nodes)) if self._nodes is None else self._nodes
        return [index for index in nodes if self.plan.nodes[index].id not in self._outputs][:1]

    def _took(self, index: int, began: int, ended: int) -> None:
        """Note when a node that has no output so far began first and ended last."""
        self._times[index] = (self._times.get(index, (began, 0))[0], ended)
        self._began, self._ended = min(self._began, began), max(self._ended, ended)

    def abandoned(self, reason: str) -> None:
        self._owner.ended(self, None)
        if not self._result.done():
            self._result.set_exception(SandboxError(f"run {self.run_id} could not be carried out: {reason}"))

    def _note(self, outcome: Outcome, name: str) -> None:
        """Keep an attempt that was not the only one, or no success, or that somebody wants to hear of."""
        is_ok = outcome.state == "ok"
        error = "" if is_ok else outcome.value.decode(errors="replace")
        times = self._timing(outcome.started, outcome.ended)
        tried = Attempt(name, outcome.attempt, outcome.state, times.started_at, times.completed_at, error)
        self._tell(tried, outcome.value if is_ok else None)

    def _tell(self, tried: Attempt, output: bytes | None = None) -> None:
        self._tried.append(tried)
        if self._hear is not None:
            self._hear(tried, output)

    def _finish(self) -> None:
        if self._cancelled and not self._errors:
            for index in self._unfinished():
                name = self.plan.nodes[index].id
                self._errors[name] = _cancelled(name)
        result = self._in_full()
        self._owner.ended(self, result)
        if not self._result.done():
            self._result.set_result(result)

    def _in_full(self) -> RunResult:
        for index, times in self._times.items():
            name = self.plan.nodes[index].id
            if name in self._errors:
                self._timings[name] = self._timing(*times)
        ended = self._ended or time.monotonic_ns()
        timing = self._timing(min(self._began, ended), ended)
        cancelled = self._cancelled and bool(self._errors)
        return RunResult(
            self.run_id,
            self.plan.version,
            self._outputs,
            self._errors,
            timing,
            self._timings,
            tuple(self._tried),
            cancelled,
        )

    def _timing(self, began: int, ended: int) -> Timing:
        """In milliseconds; `began` and `ended` are a worker's word."""
        started_at, completed_at = (began + self._offset) // 1_000_000, (ended + self._offset) // 1_000_000
        return Timing(started_at, completed_at, completed_at - started_at)


Tell = Callable[[PooledRun, int, Literal["warn", "error"], str], None]


def _cancelled(name: str) -> str:
    return f'Node "{name}" was cancelled'


def _blame(node: RunnableNode, interruption: Interruption) -> str:
    if interruption.cause == "timeout":
        return timed_out(node.id, node.timeout_ms)
    return f'Node "{node.id}" lost its worker process, which {interruption.reason}'


def _because(interruption: Interruption) -> str:
    if interruption.cause == "neighbour":
        return "its worker process was ended because of another node, and rerun_interrupted is false"
    return f"its worker process {interruption.reason}, and rerun_interrupted is false"
