"""The workers of a workflow, a pool for each language it is written in, and the executor over them."""

import asyncio

from pipedreamer.project import Language
from pipedreamer.runtime.assembly import Assembly
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.counts import RunCounts
from pipedreamer.runtime.legs import by_stage, legs
from pipedreamer.runtime.pool_executor import PoolExecutor
from pipedreamer.runtime.pooled_run import Tell
from pipedreamer.runtime.result import RunResult
from pipedreamer.runtime.staged_executor import NOTHING, Keeper, Resumed, StagedExecutor
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
        self._mixed, self._kept = (StagedExecutor(capacity.most, self.counts) for _ in range(2))
        self._executor: PoolExecutor | StagedExecutor | None = None

    def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> asyncio.Future[RunResult]:
        if self._executor is None:
            raise RuntimeError("there is no assembly yet")
        return self._executor.execute(trigger_input, run_id=run_id)

    def execute_kept(
        self, trigger_input: bytes, *, run_id: str, keeper: Keeper, resumed: Resumed = NOTHING
    ) -> asyncio.Future[RunResult]:
        """A run whose stages are kept one after the other, each before the next begins."""
        return self._kept.execute(trigger_input, run_id=run_id, keeper=keeper, resumed=resumed)

    def cancel(self, run_id: str) -> bool:
        of_one_language = [executor.cancel for executor in self._executors.values()]
        return any(cancel(run_id) for cancel in (self._kept.cancel, self._mixed.cancel, *of_one_language))

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
        self.counts.follow(node.id for node in assembly.plan.nodes)
        for executor in self._executors.values():
            executor.plan = assembly.plan
        self._executors = {
            language: self._executors.get(language) or PoolExecutor(pool, assembly.plan, most, self._tell, self.counts)
            for language, pool in self.pools.items()
        }
        stages, languages = assembly.stages, assembly.languages
        self._kept.follow(self._executors, by_stage(stages, languages))
        self._mixed.follow(self._executors, legs(stages, languages))
        self._executor = self._mixed if len(self.pools) > 1 else next(iter(self._executors.values()))
