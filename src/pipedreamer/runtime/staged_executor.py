"""The executor for runs that are made leg by leg: in several languages, or kept after each stage."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pipedreamer.project import Language
from pipedreamer.runtime.counts import RunCounts
from pipedreamer.runtime.legs import Leg
from pipedreamer.runtime.pool_executor import PoolExecutor, run_ids
from pipedreamer.runtime.pooled_run import Stretch
from pipedreamer.runtime.result import Attempt, RunResult, Timing


class Keeper(Protocol):
    """Keeps what a run came to as it goes. What it raises ends the run."""

    def hear(self, attempt: Attempt, output: bytes | None) -> None:
        """An attempt has ended; there may be another."""

    async def keep(self, part: RunResult | None, then: Mapping[str, int]) -> None:
        """Called between legs: what the one before came to, and by node the number of the attempt that begins next."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a run had come to before: outputs by node, and how often nodes were begun that have none."""

    outputs: Mapping[str, bytes]
    attempts: Mapping[str, int]


NOTHING = Resumed({}, {})


class StagedExecutor:
    """Implements `runtime.executor.Executor`; at most `most` runs at once, waiting ones included.

    Each leg of a run is a run of its own in its language's executor, which must take as many at once.
    """

    def __init__(self, most: int, counts: RunCounts) -> None:
        self._executors: Mapping[Language, PoolExecutor] = {}
        self._legs: tuple[Leg, ...] = ()
        self._counts = counts
        self._most = most
        self._run_ids = run_ids()
        self._runs: dict[str, _Legs] = {}

    def follow(self, executors: Mapping[Language, PoolExecutor], legs: tuple[Leg, ...]) -> None:
        """Run these from now on."""
        self._executors, self._legs = executors, legs

    def execute(
        self,
        trigger_input: bytes,
        *,
        run_id: str | None = None,
        keeper: Keeper | None = None,
        resumed: Resumed = NOTHING,
    ) -> asyncio.Future[RunResult]:
        """`resumed` has what is not done again, `keeper` hears of each leg."""
        self._counts.admit(self._most)
        run = _Legs(self._executors, run_id or next(self._run_ids), trigger_input, keeper, resumed)
        self._runs[run.run_id] = run
        return asyncio.ensure_future(self._counted(run, self._legs))

    def cancel(self, run_id: str) -> bool:
        run = self._runs.get(run_id)
        if run is None:
            return False
        run.is_cancelled = True
        for executor in run.executors.values():
            executor.cancel(run_id)
        return True

    async def _counted(self, run: "_Legs", legs: tuple[Leg, ...]) -> RunResult:
        result = None
        try:
            result = await run.run(legs)
            return result
        finally:
            self._runs.pop(run.run_id, None)
            self._counts.ended(result)


@dataclass(slots=True)
class _Legs:
    """One run on its way through them."""

    executors: Mapping[Language, PoolExecutor]
    run_id: str
    given: bytes
    keeper: Keeper | None
    resumed: Resumed
    is_cancelled: bool = False

    async def run(self, legs: tuple[Leg, ...]) -> RunResult:
        plans = {language: executor.plan for language, executor in self.executors.items()}
        plan = next(iter(plans.values()))
        names = [node.id for node in plan.nodes]
        attempts = {names.index(name): count for name, count in self.resumed.attempts.items() if name in names}
        parts, part = [_kept(self.run_id, plan.version, self.resumed.outputs)], None
        for leg in _left(legs, names, self.resumed.outputs):
            then = {names[node]: attempts.get(node, 0) + 1 for nodes in leg.values() for node in nodes}
            await self._keep(part, then)
            if self.is_cancelled:
                part = _never(parts[-1], then)
                parts.append(part)
                break
            outputs, hear = _outputs(parts), self.keeper.hear if self.keeper else None
            runs = [
                self.executors[language].execute(
                    self.given, run_id=self.run_id, stretch=Stretch(plans[language], nodes, outputs, attempts, hear)
                )
                for language, nodes in leg.items()
            ]
            # All of them, also where one fails: what has started finishes.
            await asyncio.wait(runs)
            part = _joined([run.result() for run in runs])
            parts.append(part)
            if not part.success:
                break
        await self._keep(part, {})
        return _joined(parts[1:] or parts)

    async def _keep(self, part: RunResult | None, then: Mapping[str, int]) -> None:
        if self.keeper is not None:
            await self.keeper.keep(part, then)


def _kept(run_id: str, version: str, outputs: Mapping[str, bytes]) -> RunResult:
    """What there was before."""
    now = time.time_ns() // 1_000_000
    return RunResult(run_id, version, dict(outputs), {}, Timing(now, now, 0))


def _never(before: RunResult, begun: Mapping[str, int]) -> RunResult:
    """The end of a run that was cancelled before these nodes began."""
    now = time.time_ns() // 1_000_000
    texts = {node: f'Node "{node}" was cancelled' for node in begun}
    tried = tuple(Attempt(node, number, "cancelled", now, now, texts[node]) for node, number in begun.items())
    first = min(begun)
    return RunResult(
        before.run_id, before.version, {}, {first: texts[first]}, Timing(now, now, 0), {}, tried, cancelled=True
    )


def _left(legs: tuple[Leg, ...], names: list[str], done: Mapping[str, bytes]) -> list[Leg]:
    """The legs without the nodes that are done."""
    if not done:
        return list(legs)
    left = [
        {language: found for language, nodes in leg.items() if (found := _undone(nodes, names, done))} for leg in legs
    ]
    return [leg for leg in left if leg]


def _undone(nodes: tuple[int, ...], names: list[str], done: Mapping[str, bytes]) -> tuple[int, ...]:
    return tuple(node for node in nodes if names[node] not in done)


def _outputs(parts: list[RunResult]) -> dict[str, bytes]:
    return {name: value for part in parts for name, value in part.outputs.items()}


def _joined(parts: list[RunResult]) -> RunResult:
    """Several parts of a run as one, what they came to in the order of the parts."""
    errors = {name: text for part in parts for name, text in part.errors.items()}
    timings = {name: timing for part in parts for name, timing in part.node_timings.items()}
    began, ended = min(part.timing.started_at for part in parts), max(part.timing.completed_at for part in parts)
    timing = Timing(began, ended, ended - began)
    attempts = tuple(attempt for part in parts for attempt in part.attempts)
    cancelled = any(part.cancelled for part in parts)
    return RunResult(parts[0].run_id, parts[0].version, _outputs(parts), errors, timing, timings, attempts, cancelled)
