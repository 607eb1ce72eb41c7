"""Several workers with the same code: each job to the one with room, lost workers replaced, code swapped whole."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipedreamer.errors import NodeLoadError, SandboxError
from pipedreamer.sandbox.cell import Cell
from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.jobs import Job
from pipedreamer.sandbox.lock.policy import Held, Policy
from pipedreamer.sandbox.protocol import Code, Settings
from pipedreamer.sandbox.scratch import MOST_FILES
from pipedreamer.sandbox.spawner import CLOSE_SECONDS, Ears, Spawner, load
from pipedreamer.sandbox.upkeep import Upkeep
from pipedreamer.sandbox.watchdog import MEBIBYTE, PERIOD_S, look_after, weigh
from pipedreamer.sandbox.worker import Worker
from pipedreamer.sandbox.zygote import Zygotes

BUSY_NS = 20_000_000
RETRY_SECONDS = 1.0
LOOKS_A_WEIGHING = 4
IDLE_PERIOD_S = 0.5
MOST_ALONE = 2


@dataclass(frozen=True, slots=True)
class Crew:
    """Workers that have loaded their code and get no jobs yet."""

    code: Code
    cell: Cell
    workers: list[Worker]

    def dismiss(self) -> None:
        """They are not needed."""
        self.cell.retire()
        for worker in self.workers:
            worker.retire()


class Pool:
    """`size` workers, each with at most `window` jobs; what is beyond waits here. Made in the loop it works in.

    A worker whose loop a node has been holding for 20 ms is given nothing more. `alone` jobs get a worker of their
    own that takes no other at the same time.
    """

    def __init__(self, zygotes: Zygotes, ears: Ears, size: int, window: int) -> None:
        self._spawner = Spawner(zygotes, ears)
        self._tell = ears.listener.stray
        self._size = size
        self._window = window
        self._workers: list[Worker] = []
        self._leaving: set[Worker] = set()
        self._living: set[Worker] = set()
        self._waiting: deque[Job] = deque()
        self._room_alone = asyncio.Semaphore(MOST_ALONE)
        self._code = Code(root="/", nodes=(), stages=())
        self._settings = Settings(config=b"{}", secrets=b"{}")
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching = False
        self._looks = 0
        self._closing = False
        self._upkeep = Upkeep(size)
        self._trouble = ""
        self.restarts = 0

    @property
    def workers(self) -> int:
        """How many are ready."""
        return len(self._workers)

    @property
    def waiting(self) -> int:
        """Jobs that no worker has yet."""
        return len(self._waiting)

    @property
    def held(self) -> Held | None:
        """Which layers of the lock hold for the workers that are ready."""
        return self._spawner.cell.held if self._spawner.cell else None

    async def prepare(self, code: Code, policy: Policy) -> Crew:
        """Workers with this code, to be taken up or dismissed: all, or where there are none yet the first of them.

        Raises `NodeLoadError` when the code cannot be loaded, `SandboxError` without a lock; then nothing has changed,
        and so it is when this is cancelled.
        """
        cell = await self._spawner.open(policy)
        try:
            return Crew(code, cell, await self._all_started(code, cell))
        except BaseException:
            cell.retire()
            raise

    def take_up(self, crew: Crew) -> None:
        """Swap the code: jobs in flight keep the old one, and its cell."""
        self._spawner.use(crew.cell)
        self._retire_workers()
        self._workers, self._code = crew.workers, crew.code
        self._trouble = ""
        self._watch()
        if len(self._workers) < self._size:  # the first ones: they can work while the others load
            self._in_background(self._restore())
        # Not at once: whoever called this first notes which plan belongs to the new code.
        asyncio.get_running_loop().call_soon(self._hand_out)

    async def _all_started(self, code: Code, cell: Cell) -> list[Worker]:
        starting = [asyncio.ensure_future(self._spawn(code, cell)) for _ in range(self._size if self._workers else 1)]
        try:
            await asyncio.wait(starting)
            return [start.result() for start in starting]
        except BaseException:
            for start in starting:
                start.cancel()
                start.add_done_callback(_retire_started)
            raise

    async def _renew(self, full: Cell) -> None:
        """Workers in a jail of their own with an empty /tmp, in place of those whose /tmp is full."""
        try:
            crew = await self.prepare(self._code, full.policy)
        except (NodeLoadError, SandboxError, OSError):
            return  # it is tried again
        if self._spawner.cell is not full:  # the code was swapped meanwhile
            crew.dismiss()
            return
        self.restarts += len(self._workers)
        self.take_up(crew)
        size = full.policy.scratch_size // MEBIBYTE
        self._tell(f"nodes filled /tmp ({size} MiB, {MOST_FILES:,} files): new workers have an empty one\n")

    def apply(self, settings: Settings) -> None:
        """Give all workers new config and secrets, for the jobs that come after."""
        self._settings = settings
        for worker in (*self._workers, *self._leaving):
            worker.send(settings)

    def submit(self, job: Job, *, alone: bool = False) -> None:
        """Run a job as soon as there is room."""
        if alone:
            self._in_background(self._run_alone(job))
        elif self._trouble and not self._workers:
            job.abandoned(self._trouble)
        elif not self._waiting and (worker := self._choose()):
            _start(worker, job)
        else:
            self._waiting.append(job)
        self._watch()

    def cancel(self, job: Job) -> None:
        """End a job early, one that says it is not `ready`: its nodes are stopped, if need be with their process."""
        if job in self._waiting:
            self._waiting.remove(job)
            job.ready()
        for worker in self._living:
            worker.cancel(job)

    def wind_down(self) -> None:
        """Take no more jobs; the workers end with those they have."""
        self._size = 0
        self._retire_workers()
        self._workers = []
        self._give_up("the workflow has no code in this language any more")

    def _retire_workers(self) -> None:
        for worker in self._workers:
            self._leaving.add(worker)
            worker.retire()

    async def close(self) -> None:
        """Hang up on all workers. Jobs still running are lost: drain before."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        everyone = tuple(self._living)
        for worker in everyone:
            worker.abandon() if worker.jobs else worker.retire()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(worker.closed for worker in everyone)), CLOSE_SECONDS)
        await self._spawner.close()

    # Owner of the workers

    def freed(self, worker: Worker) -> None:
        if self._waiting and worker in self._workers:
            self._hand_out()

    def lost(self, worker: Worker) -> None:
        self._leaving.discard(worker)
        self._living.discard(worker)
        if worker in self._workers:
            self._workers.remove(worker)
            self.restarts += 1
            self._in_background(self._restore())

    async def _restore(self) -> None:
        """Bring the pool back to its size; says so to waiting jobs when that fails, and keeps trying."""
        while len(self._workers) < self._size and not self._closing:
            code = self._code
            try:
                worker = await self._spawn(code)
            except (NodeLoadError, SandboxError, OSError) as error:
                self._give_up(f"no worker can be started: {error}")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if code is self._code and len(self._workers) < self._size:
                self._trouble = ""
                self._workers.append(worker)
                self._hand_out()
            else:
                worker.retire()

    async def _relieve(self, worker: Worker, why: str) -> None:
        """A fresh worker in place of this one, which ends with its jobs."""
        code = self._code
        try:
            fresh = await self._spawn(code)
        except (NodeLoadError, SandboxError, OSError):
            return  # it is tried again
        if code is not self._code or worker not in self._workers:
            fresh.retire()
            return
        self._workers[self._workers.index(worker)] = fresh
        self._leaving.add(worker)
        worker.retire()
        self.restarts += 1
        self._tell(f"{why}\n")
        self._hand_out()

    def _give_up(self, trouble: str) -> None:
        self._trouble = trouble
        if not self._workers:
            waiting, self._waiting = self._waiting, deque()
            for job in waiting:
                job.abandoned(trouble)

    async def _spawn(self, code: Code, cell: Cell | None = None) -> Worker:
        cell = cell or await self._spawner.living_cell()
        worker = await self._spawner.spawn(cell, self, self._living.add)
        await load(worker, code, lambda: self._settings)
        self._upkeep.begin(worker)
        return worker

    def _choose(self) -> Worker | None:
        """The worker with the fewest jobs that has room and is not held by a node."""
        best: Worker | None = None
        fewest = self._window
        now = now_ns()
        for worker in self._workers:
            count = len(worker.jobs)
            if count < fewest and (count == 0 or worker.page.busy_ns(now) < BUSY_NS):
                best, fewest = worker, count
        return best

    def _hand_out(self) -> None:
        while self._waiting and (worker := self._choose()):
            _start(worker, self._waiting.popleft())

    async def _run_alone(self, job: Job) -> None:
        """A worker for this job only, which ends with it."""
        async with self._room_alone:
            try:
                worker = await self._spawn(self._code)
            except (NodeLoadError, SandboxError, OSError) as error:
                job.abandoned(f"no worker can be started: {error}")
                return
            self._leaving.add(worker)
            if worker.code is self._code:
                _start(worker, job)
            else:
                self._in_background(self._run_alone(job))
            worker.retire()
            self._watch()
            await asyncio.shield(worker.closed)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            asyncio.get_running_loop().call_later(PERIOD_S, self._look)

    def _look(self) -> None:
        """While anything runs, waits or is to be watched: end what must be ended, hand out what can be."""
        everyone = [w for w in (*self._workers, *self._leaving) if w.jobs]
        for worker in self._workers:
            if not worker.jobs:
                worker.settle()
        self._looks += 1
        for worker in everyone:
            look_after(worker)
        if not everyone or self._looks % LOOKS_A_WEIGHING == 0:
            self._weigh()
        self._hand_out()
        if everyone or self.waiting:
            asyncio.get_running_loop().call_later(PERIOD_S, self._look)
        elif not self._closing and not self._is_settled():
            asyncio.get_running_loop().call_later(IDLE_PERIOD_S, self._look)
        else:
            self._watching = False

    def _weigh(self) -> None:
        """All workers: a thread that a node left behind goes on when its run has ended."""
        cell, now = self._spawner.cell, asyncio.get_running_loop().time()
        if cell is None or self._closing:
            return
        weigh((*self._workers, *self._leaving), cell)
        if self._upkeep.is_to_be_renewed(cell, now):
            self._in_background(self._renew(cell))
        for worker in self._workers if len(self._leaving) < self._size else ():
            if why := self._upkeep.trouble(worker, cell.policy.memory, now):
                self._in_background(self._relieve(worker, why))

    def _is_settled(self) -> bool:
        """Whether nothing changes before the next job comes."""
        cell = self._spawner.cell
        return cell is None or (not cell.needs_watching and all(map(self._upkeep.is_settled, self._workers)))


def _retire_started(start: asyncio.Future[Worker]) -> None:
    if not start.cancelled() and start.exception() is None:
        start.result().retire()


def _start(worker: Worker, job: Job) -> None:
    if job.ready():
        worker.start(job)
