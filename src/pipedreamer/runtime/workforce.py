"""The workers of a workflow, a pool for each language it is written in, and the executor over them."""

import asyncio

from pipedreamer.project import Language
from pipedreamer.runtime.assembly import Assembly
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.legs import legs
from pipedreamer.runtime.mixed_executor import MixedExecutor
from pipedreamer.runtime.pool_executor import PoolExecutor, RunCounts
from pipedreamer.runtime.pooled_run import Tell
from pipedreamer.runtime.result import RunResult
from pipedreamer.sandbox.lock.policy import Held
from pipedreamer.sandbox.pool import Crew, Pool
from pipedreamer.sandbox.protocol import Settings
from pipedreamer.sandbox.spawner import Ears
from pipedreamer.sandbox.zygote import Zygotes


class Workforce:
    """Implements `runtime.executor.Executor` once it was given an assembly by `replace`."""

    def __init__(self, zygotes: Zygotes, ears: Ears, capacity: Capacity, tell: Tell) -> None:
        self.pools: dict[Language, Pool] = {}
        self.counts = RunCounts()
        self._zygotes = zygotes
        self._ears = ears
        self._capacity = capacity
        self._tell = tell
        self._leaving: list[Pool] = []
        self._settings = Settings(config=b"{}", secrets=b"{}")
        self._executors: dict[Language, PoolExecutor] = {}
        self._executor: PoolExecutor | MixedExecutor | None = None

    def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> asyncio.Future[RunResult]:
        if self._executor is None:
            raise RuntimeError("there is no assembly yet")
        return self._executor.execute(trigger_input, run_id=run_id)

    def cancel(self, run_id: str) -> bool:
        return self._executor is not None and self._executor.cancel(run_id)

    async def replace(self, assembly: Assembly) -> None:
        """Swap the code of all languages, or of none.

        Raises `NodeLoadError` and `SandboxError`, and then nothing has changed; so it is when this is cancelled.
        """
        pools = {language: self.pools.get(language) or self._pool() for language in assembly.parts}
        crews: list[tuple[Pool, Crew]] = []
        try:
            for language, part in assembly.parts.items():
                crews.append((pools[language], await pools[language].prepare(part.code, part.policy)))
        except BaseException:
            for _, crew in crews:
                crew.dismiss()
            raise
        for pool, crew in crews:
            pool.take_up(crew)
        for language in self.pools.keys() - pools.keys():
            self.pools[language].wind_down()
            self._leaving.append(self.pools[language])
        self.pools = pools
        self._follow(assembly)

    def apply(self, settings: Settings) -> None:
        """Config and secrets for the runs that come after."""
        self._settings = settings
        for pool in (*self.pools.values(), *self._leaving):
            pool.apply(settings)

    async def close(self) -> None:
        """End the workers; what still runs is lost."""
        await asyncio.gather(*(pool.close() for pool in (*self.pools.values(), *self._leaving)))
        self._zygotes.close()

    @property
    def held(self) -> dict[Language, Held]:
        """The layers as the kernel was found to hold them, a language."""
        return {language: pool.held for language, pool in self.pools.items() if pool.held is not None}

    @property
    def workers(self) -> int:
        """Those that are ready; 0 where one of the languages has none."""
        ready = [pool.workers for pool in self.pools.values()]
        return sum(ready) if all(ready) else 0

    @property
    def waiting(self) -> int:
        return sum(pool.waiting for pool in self.pools.values())

    @property
    def restarts(self) -> int:
        return sum(pool.restarts for pool in (*self.pools.values(), *self._leaving))

    def _pool(self) -> Pool:
        pool = Pool(self._zygotes, self._ears, self._capacity.workers, self._capacity.window)
        pool.apply(self._settings)
        return pool

    def _follow(self, assembly: Assembly) -> None:
        """Note which plan belongs to the code that was taken up: runs that have begun under another one learn it."""
        most = self._capacity.most
        for executor in self._executors.values():
            executor.plan = assembly.plan
        self._executors = {
            language: self._executors.get(language) or PoolExecutor(pool, assembly.plan, most, self._tell, self.counts)
            for language, pool in self.pools.items()
        }
        if len(self.pools) == 1:
            (self._executor,) = self._executors.values()
        else:
            self._executor = MixedExecutor(
                self._executors, legs(assembly.stages, assembly.languages), most, self.counts
            )
