"""What is replaced though it lives, because of what nodes left behind in it."""

import os
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from pipedreamer.sandbox.cell import Cell
from pipedreamer.sandbox.lock.limits import OPEN_FILES, THREADS
from pipedreamer.sandbox.proc import data, open_files, use
from pipedreamer.sandbox.worker import Worker

RENEWALS_APART_S: Final = 10.0
RELIEFS_APART_S: Final = 10.0
QUIET: Final = 16
"""So many threads may stay: pools that a node's libraries keep for the next run."""
MOST_OWN: Final = 48
"""How many threads of its own an idle worker has at most, whatever it says: lanes and those of asyncio.to_thread."""
MOST_KEPT: Final = 0.75
"""Of its memory and of its open files: a worker in which nodes left more has too little for the next run."""
IDLE_S: Final = 1.0
BUSY_SHARE: Final = 0.1
"""Of a processor. A worker that has nothing to do takes next to none."""
_TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class _Idle:
    """A worker from when it was first seen idle: how many jobs it had had, at what time, with how many clock ticks."""

    jobs: int
    since: float
    ticks: int
    is_settled: bool = False


class Upkeep:
    """Looks after the cell in use and its `size` workers. `now` is in seconds, on a clock that never goes back."""

    def __init__(self, size: int) -> None:
        self._share = THREADS * 3 // 4 // size
        self._full: Cell | None = None
        self._renewed_at = -RENEWALS_APART_S
        self._relieved_at = -RELIEFS_APART_S
        self._threads: WeakKeyDictionary[Worker, int] = WeakKeyDictionary()
        self._data: WeakKeyDictionary[Worker, int] = WeakKeyDictionary()
        self._idle: WeakKeyDictionary[Worker, _Idle] = WeakKeyDictionary()

    def is_to_be_renewed(self, cell: Cell, now: float) -> bool:
        """Whether its /tmp is full; asked again only after a while, when the last one that was full has gone.

        Runs that still use that one may take long, and what it holds is memory.
        """
        still_there = self._full is not None and self._full is not cell and self._full.alive
        if still_there or now - self._renewed_at < RENEWALS_APART_S:
            return False
        if cell.jail_scratch is None or not cell.jail_scratch.is_full():
            return False
        self._full, self._renewed_at = cell, now
        return True

    def begin(self, worker: Worker) -> None:
        """Note how many threads and how much memory it has when it is ready."""
        self._threads[worker] = use(worker.pid).threads
        self._data[worker] = data(worker.pid)

    def is_settled(self, worker: Worker) -> bool:
        """Whether it need not be looked at before it gets its next job."""
        seen = self._idle.get(worker)
        return seen is not None and seen.jobs == worker.begun and seen.is_settled

    def trouble(self, worker: Worker, memory: int, now: float) -> str:
        """Why it is to be relieved, as a person reads it; "" where it may stay. Not all of them at once.

        `memory` is what its nodes may take, in bytes.
        """
        used = use(worker.pid)
        left = used.threads - self._threads.get(worker, used.threads) - min(worker.page.own_threads(), MOST_OWN)
        if worker.jobs:
            said = _crowded(left) if left > self._share else ""
        else:
            said = self._kept(worker, memory) or self._of_idle(worker, left, used.ticks, now)
        if not said or now - self._relieved_at < RELIEFS_APART_S:
            return ""
        self._relieved_at = now
        return said

    def _kept(self, worker: Worker, memory: int) -> str:
        """Of memory and files, which no run of its own holds."""
        held, files = data(worker.pid), len(open_files(worker.pid))
        kept = held - self._data.get(worker, held)
        if kept > memory * MOST_KEPT:
            size = f"{kept >> 20} MiB of {memory >> 20}"
            return f"nodes kept {size} in a worker, which is replaced: do not gather things in globals"
        if files > OPEN_FILES * MOST_KEPT:
            return f"nodes left {files} files open in a worker, which is replaced: close them before you return"
        return ""

    def _of_idle(self, worker: Worker, left: int, ticks: int, now: float) -> str:
        """Twice seen idle, with no job between; once more as long as there is anything that could begin to work."""
        seen = self._idle.get(worker)
        if seen is None or seen.jobs != worker.begun:
            self._idle[worker] = _Idle(worker.begun, now, ticks)
            return ""
        if now - seen.since < IDLE_S:
            return ""
        used = (ticks - seen.ticks) / _TICKS_A_SECOND / (now - seen.since)
        self._idle[worker] = _Idle(worker.begun, now, ticks, is_settled=left <= 0 and used < BUSY_SHARE)
        if left > QUIET:
            return f"nodes left {left} threads behind in a worker, which is replaced: end threads before you return"
        if used >= BUSY_SHARE:
            return (
                f"nodes left something behind in a worker that takes {used:.0%} of a processor while nothing runs,"
                " so it is replaced: end threads before you return, also what asyncio.to_thread began before a timeout"
            )
        return ""


def _crowded(left: int) -> str:
    return (
        f"nodes have {left} threads in one worker, of {THREADS} that all workers have together, so it is replaced when"
        " its runs have ended: end threads before you return, or start fewer"
    )
