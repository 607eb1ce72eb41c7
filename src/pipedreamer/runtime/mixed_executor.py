"""The executor for a workflow in several languages: a run passes from one language's workers to another's."""

import asyncio
from collections.abc import Mapping

from pipedreamer.project import Language
from pipedreamer.runtime.legs import Leg
from pipedreamer.runtime.pool_executor import PoolExecutor, RunCounts, run_ids
from pipedreamer.runtime.pooled_run import Stretch
from pipedreamer.runtime.result import RunResult, Timing


class MixedExecutor:
    """Implements `runtime.executor.Executor`; at most `most` runs at once, waiting ones included.

    Each leg of a run is a run of its own in its language's executor, which must take as many at once.
    """

    def __init__(
        self, executors: Mapping[Language, PoolExecutor], legs: tuple[Leg, ...], most: int, counts: RunCounts
    ) -> None:
        self._legs = legs
        self._counts = counts
        self._executors = executors
        self._most = most
        self._run_ids = run_ids()

    def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> asyncio.Future[RunResult]:
        self._counts.admit(self._most)
        return asyncio.ensure_future(self._run(trigger_input, run_id or next(self._run_ids)))

    def cancel(self, run_id: str) -> bool:
        found = [executor.cancel(run_id) for executor in self._executors.values()]
        return any(found)

    async def _run(self, given: bytes, run_id: str) -> RunResult:
        success = False
        try:
            result = await self._pass_through(given, run_id)
            success = result.success
            return result
        finally:
            self._counts.ended(success)

    async def _pass_through(self, given: bytes, run_id: str) -> RunResult:
        parts: list[RunResult] = []
        outputs: dict[str, bytes] = {}
        plans = {language: executor.plan for language, executor in self._executors.items()}
        for leg in self._legs:
            runs = [
                self._executors[language].execute(
                    given, run_id=run_id, stretch=Stretch(plans[language], nodes, outputs)
                )
                for language, nodes in leg.items()
            ]
            # All of them, also where one fails: what has started finishes.
            await asyncio.wait(runs)
            parts += [run.result() for run in runs]
            if not all(part.success for part in parts):
                break
            outputs = _outputs(parts)
        return _joined(parts)


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
