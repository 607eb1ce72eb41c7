"""One run on its way through the pool: what its nodes came to, and what happens when a worker is lost under it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pipedreamer.errors import SandboxError
from pipedreamer.runtime.result import RunResult, Timing
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
    """The nodes in the order of their numbers on the wire; `longest_ns` bounds a whole run from above."""

    version: str
    nodes: tuple[RunnableNode, ...]
    longest_ns: int


class Owner(Protocol):
    """The executor, as a run sees it. `plan` is the present one."""

    plan: RunnablePlan

    @property
    def tell(self) -> "Tell": ...
    def again(self, run: "PooledRun", alone: bool, wait: float) -> None:
        """Put it into the pool anew, after so many seconds."""

    def ended(self, success: bool) -> None: ...


class PooledRun:
    """Implements `sandbox.jobs.Job`. `result` is set once, unless nobody waits for it any more."""

    __slots__ = (
        "_alone", "_attempts", "_errors", "_failures", "_input", "_interruptions", "_offset", "_outputs", "_owner",
        "_result", "_times", "plan", "run_id",
    )  # fmt: skip

    def __init__(self, owner: Owner, run_id: str, trigger_input: bytes, result: asyncio.Future[RunResult]) -> None:
        self.run_id = run_id
        self.plan = owner.plan
        self._owner = owner
        self._result = result
        self._input = trigger_input
        self._offset = time.time_ns() - time.monotonic_ns()
        self._outputs: dict[int, bytes] = {}
        self._errors: dict[int, str] = {}
        self._times: dict[int, tuple[int, int]] = {}
        self._attempts: dict[int, int] = {}
        self._failures: dict[int, int] = {}
        self._interruptions = 0
        self._alone = False

    @property
    def longest_ns(self) -> int:
        return self.plan.longest_ns

    def ready(self) -> bool:
        plan = self._owner.plan
        if plan is self.plan:
            return True
        if self._times or self._attempts:
            # Its numbers of nodes and its outputs belong to code that is gone.
            for index in self._attempts.keys() - self._outputs.keys():
                name = self.plan.nodes[index].id
                self._errors[index] = f'Node "{name}" was interrupted, and the code it began with has been replaced'
            self._finish()
            return False
        self.plan = plan
        return True

    def request(self, serial: int) -> Run:
        return Run(
            run=serial,
            run_id=self.run_id,
            input=self._input,
            done=self._outputs,
            attempts=self._attempts,
            failures=self._failures,
        )

    def outcome(self, outcome: Outcome) -> None:
        node = outcome.node
        if not 0 <= node < len(self.plan.nodes):
            return
        self._times[node] = (self._times.get(node, (outcome.started, 0))[0], outcome.ended)
        self._attempts[node] = outcome.attempt
        if outcome.state == "ok":
            self._outputs[node] = outcome.value
        elif outcome.state == "retry":
            self._failures[node] = self._failures.get(node, 0) + 1
        elif outcome.state == "failed":
            self._errors[node] = outcome.value.decode(errors="replace")
        if outcome.last:
            self._finish()

    def interrupted(self, interruption: Interruption) -> None:
        """The worker is gone: fail what is to blame, start the rest again elsewhere."""
        wait = 0.0
        now = time.monotonic_ns()
        for index, attempt in interruption.running.items():
            if not 0 <= index < len(self.plan.nodes) or index in self._outputs:
                continue
            node = self.plan.nodes[index]
            self._attempts[index] = attempt
            begun = interruption.deadlines[index] - node.timeout_ms * 1_000_000
            self._times[index] = (self._times.get(index, (min(begun, now), 0))[0], now)
            if index in interruption.guilty:
                failures = self._failures[index] = self._failures.get(index, 0) + 1
                blame = _blame(node, interruption)
                if failures > node.retries:
                    self._errors[index] = blame
                    self._owner.tell(self, index, "error", blame)
                else:
                    self._owner.tell(self, index, "warn", f"attempt {failures} of {node.retries + 1} failed: {blame}")
                    wait = max(wait, retry_wait(failures))
            elif not node.rerun_interrupted:
                self._errors[index] = f'Node "{node.id}" was interrupted: {_because(interruption)}'
        self._interruptions += 1
        unknown = interruption.cause == "unknown"
        if self._alone and not interruption.guilty:
            # Nothing else ran there: whatever it was, it was this run.
            for index in interruption.running or self._unfinished():
                self._errors[index] = _blame(self.plan.nodes[index], interruption)
        if self._errors:
            self._finish()
        else:
            self._alone = unknown or self._interruptions >= MOST_INTERRUPTIONS
            self._owner.again(self, self._alone, wait)

    def _unfinished(self) -> list[int]:
        """The first node in the plan's order that has no output."""
        return [index for index in range(len(self.plan.nodes)) if index not in self._outputs][:1]

    def abandoned(self, reason: str) -> None:
        self._owner.ended(success=False)
        if not self._result.done():
            self._result.set_exception(SandboxError(f"run {self.run_id} could not be carried out: {reason}"))

    def _finish(self) -> None:
        self._owner.ended(success=not self._errors)
        if not self._result.done():
            self._result.set_result(self._in_full())

    def _in_full(self) -> RunResult:
        nodes = self.plan.nodes
        ended = max([end for _, end in self._times.values()], default=time.monotonic_ns())
        began = min([begin for begin, _ in self._times.values()], default=ended)
        return RunResult(
            self.run_id,
            self.plan.version,
            {nodes[index].id: value for index, value in self._outputs.items()},
            {nodes[index].id: message for index, message in self._errors.items()},
            self._timing(began, ended),
            {
                nodes[index].id: self._timing(*times)
                for index, times in self._times.items()
                if index in self._outputs or index in self._errors
            },
        )

    def _timing(self, began: int, ended: int) -> Timing:
        return Timing((began + self._offset) // 1_000_000, (ended + self._offset) // 1_000_000)


Tell = Callable[[PooledRun, int, Literal["warn", "error"], str], None]


def _blame(node: RunnableNode, interruption: Interruption) -> str:
    if interruption.cause == "timeout":
        return timed_out(node.id, node.timeout_ms)
    return f'Node "{node.id}" lost its worker process, which {interruption.reason}'


def _because(interruption: Interruption) -> str:
    if interruption.cause == "neighbour":
        return "its worker process was ended because of another node, and rerun_interrupted is false"
    return f"its worker process {interruption.reason}, and rerun_interrupted is false"
