"""The executor that runs a plan in this machine's worker processes."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Iterator

from pipedreamer.runtime.counts import RunCounts
from pipedreamer.runtime.pooled_run import PooledRun, RunnablePlan, Stretch, Tell
from pipedreamer.runtime.result import RunResult
from pipedreamer.sandbox.pool import Pool


class PoolExecutor:
    """Implements `runtime.executor.Executor`; at most `most` runs at once, waiting ones included.

    A stretch of a run is none of its own: it is counted by whoever runs the whole. Made in the loop it works in. `tell`
    logs what became of an attempt whose worker could not say it.
    """

    def __init__(self, pool: Pool, plan: RunnablePlan, most: int, tell: Tell, counts: RunCounts) -> None:
        self.plan = plan
        self.tell = tell
        self._counts = counts
        self._pool = pool
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._run_ids = run_ids()
        self._runs: dict[str, PooledRun] = {}
        self._pauses: dict[str, asyncio.TimerHandle] = {}

    def execute(
        self, trigger_input: bytes, *, run_id: str | None = None, stretch: Stretch | None = None
    ) -> asyncio.Future[RunResult]:
        if stretch is None:
            self._counts.admit(self._most)
        result: asyncio.Future[RunResult] = self._loop.create_future()
        run = PooledRun(self, run_id or next(self._run_ids), trigger_input, result, stretch)
        self._runs[run.run_id] = run
        self._pool.submit(run)
        return result

    def cancel(self, run_id: str) -> bool:
        run = self._runs.get(run_id)
        if run is None:
            return False
        run.cancel()
        if pause := self._pauses.pop(run_id, None):
            pause.cancel()
            run.ready()
        else:
            self._pool.cancel(run)
        return True

    # Owner of the runs

    def ended(self, run: PooledRun, result: RunResult | None) -> None:
        self._runs.pop(run.run_id, None)
        if run.is_whole:
            self._counts.ended(result)

    def again(self, run: PooledRun, alone: bool, wait: float) -> None:
        if wait:
            self._pauses[run.run_id] = self._loop.call_later(wait, self._go_on, run, alone)
        else:
            self._pool.submit(run, alone=alone)

    def _go_on(self, run: PooledRun, alone: bool) -> None:
        del self._pauses[run.run_id]
        self._pool.submit(run, alone=alone)


def run_ids() -> Iterator[str]:
    """48 bits of time in milliseconds, 48 random ones, a count of 32: hexadecimal text, later runs sort after earlier.

    The random part is this engine's, and there but for others that run the same workflow.
    """
    engine = secrets.token_hex(6)
    for count in itertools.count():
        yield f"{time.time_ns() // 1_000_000:012x}{engine}{count & 0xFFFFFFFF:08x}"
