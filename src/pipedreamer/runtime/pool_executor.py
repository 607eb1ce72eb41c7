"""The executor that runs a plan in this machine's worker processes."""

import asyncio
import random
import time
from dataclasses import dataclass

from pipedreamer.errors import EngineBusyError
from pipedreamer.runtime.pooled_run import PooledRun, RunnablePlan, Tell
from pipedreamer.runtime.result import RunResult
from pipedreamer.sandbox.pool import Pool


@dataclass(slots=True)
class RunCounts:
    """Runs since the start, by how they ended, and those that were refused."""

    succeeded: int = 0
    failed: int = 0
    refused: int = 0


class PoolExecutor:
    """Implements `runtime.executor.Executor`; at most `most` runs at once, waiting ones included."""

    def __init__(self, pool: Pool, plan: RunnablePlan, most: int, tell: Tell) -> None:
        self.plan = plan
        self.counts = RunCounts()
        self.active = 0
        self._pool = pool
        self._most = most
        self._tell = tell

    async def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> RunResult:
        if self.active >= self._most:
            self.counts.refused += 1
            raise EngineBusyError(f"{self.active} runs are under way or waiting, which is the limit: try again later")
        self.active += 1
        run = PooledRun(lambda: self.plan, run_id or new_run_id(), trigger_input, self._again, self._tell)
        run.result.add_done_callback(self._ended)
        self._pool.submit(run)
        # A caller that goes away does not take the run along.
        return await asyncio.shield(run.result)

    def _again(self, run: PooledRun, alone: bool, wait: float) -> None:
        if wait:
            asyncio.get_running_loop().call_later(wait, lambda: self._pool.submit(run, alone=alone))
        else:
            self._pool.submit(run, alone=alone)

    def _ended(self, result: asyncio.Future[RunResult]) -> None:
        self.active -= 1
        if result.exception() is None and result.result().success:
            self.counts.succeeded += 1
        else:
            self.counts.failed += 1


def new_run_id() -> str:
    """48 bits of time in milliseconds, then 80 random ones, as hexadecimal text: later runs sort after earlier ones."""
    # Unique is all it must be; os.urandom would be a system call a run.
    return f"{time.time_ns() // 1_000_000:012x}{random.getrandbits(80):020x}"
