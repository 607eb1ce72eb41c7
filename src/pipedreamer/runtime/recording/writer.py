"""Writes to the record in groups: one write at a time, and what comes meanwhile goes with the next."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pipedreamer.errors import LeaseLostError, PipedreamerError, RecordError, ValueTooBigError
from pipedreamer.record import Ended, Epoch, Finished, Progress, Retention, Run, Said, Store
from pipedreamer.record.changes import Change, run_of
from pipedreamer.runtime.result import RunResult

LEASE_S: Final = 10.0
RENEWAL_S: Final = 3.0
PRUNING_S: Final = 60.0
_PAUSE_S: Final = 0.05


Ending = tuple[Run, asyncio.Future[RunResult], RunResult | PipedreamerError]
"""A run that has ended, who is to be told, and what."""


class Writer:
    """An engine's hand on the record of its workflow. `when_lost` is called when another engine has taken over.

    `unkept` hears of runs that ended and could not be kept; without it, that is their callers' error.

    Use it as an async context manager. A writer whose store fails says so to everybody who waits, and goes on trying.
    """

    def __init__(
        self,
        store: Store,
        workflow: str,
        engine: str,
        unkept: Callable[[str], None] | None = None,
        *,
        keep: Retention | None = None,
        lease_s: float = LEASE_S,
    ) -> None:
        self._store = store
        self._workflow = workflow
        self._engine = engine
        self._unkept = unkept
        self.when_lost: Callable[[], None] = lambda: None
        self._keep = keep or Retention()
        self._lease_s = lease_s
        self._group: list[tuple[Change, asyncio.Future[None]]] = []
        self._durable = False
        self._writing: asyncio.Task[None] | None = None
        self._epoch: Epoch | None = None
        self._chores: list[asyncio.Task[None]] = []
        self._ended: list[Ending] = []
        self.trouble = ""

    @property
    def store(self) -> Store:
        """For those who read."""
        return self._store

    @property
    def epoch(self) -> Epoch:
        if self._epoch is None:
            raise RecordError("the record has not been opened")
        return self._epoch

    async def __aenter__(self) -> "Writer":
        await self._store.open()
        try:
            self._epoch = await self._store.join(self._workflow, self._engine, self._lease_s)
        except BaseException:
            await self._store.close()
            raise
        self._chores = [asyncio.create_task(self._renew()), asyncio.create_task(self._prune())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        while self._writing is not None:
            await asyncio.wait((self._writing,))
        with suppress(RecordError):
            await self._store.leave(self.epoch)
        await self._store.close()

    def write(self, change: Change, *, durable: bool = False) -> asyncio.Future[None]:
        """Done when the change is in the record; raises `RecordError`."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._group.append((change, kept))
        self._durable |= durable
        if self._writing is None:
            self._writing = asyncio.create_task(self._work())
        return kept

    def finish(
        self,
        run: Run,
        told: asyncio.Future[RunResult],
        result: RunResult | PipedreamerError,
        noted: asyncio.Future[None] | None = None,
    ) -> None:
        """Tell how a run ended once it is in the record: with others of this turn of the loop.

        `noted` is the writing of what the record knew of it while it was under way.
        """
        ending = run, told, result
        if noted is not None:
            noted.add_done_callback(partial(self._finish_noted, ending))
            return
        self._ended.append(ending)
        if len(self._ended) == 1:
            asyncio.get_running_loop().call_soon(self._finish)

    def _finish(self) -> None:
        ended, self._ended = self._ended, []
        try:
            is_kept = self._store.write_now([run for run, _, _ in ended], self.epoch)
        except RecordError as error:
            self._not_kept(ended, error)
            return
        for ending in ended:
            if is_kept:
                _tell(ending[1], ending[2])
            else:
                self._follow(ending, self.write(Finished(ending[0])))

    def _finish_noted(self, ending: Ending, noted: asyncio.Future[None]) -> None:
        run = ending[0]
        if noted.exception():
            changes: list[Change] = [Finished(run)]
        else:
            changes = [Progress(run.id, attempt) for attempt in run.attempts]
            changes.append(Said(run.id, run.lines))
            changes.append(Ended(run.id, run.state, run.ended_at or 0, run.error))
        self._follow(ending, asyncio.gather(*map(self.write, changes)))

    def _follow(self, ending: Ending, writing: asyncio.Future[Any]) -> None:
        """Tell the end once that is written."""

        def written(writing: asyncio.Future[Any]) -> None:
            error = None if writing.cancelled() else writing.exception()
            if isinstance(error, RecordError) and not isinstance(error, ValueTooBigError):
                self._not_kept([ending], error)
            else:
                _tell(ending[1], error if isinstance(error, PipedreamerError) else ending[2])

        writing.add_done_callback(written)

    def _not_kept(self, ended: list[Ending], error: RecordError) -> None:
        """An error, or where nobody asked for a record a warning: then the runs count."""
        if self._unkept is not None and str(error) != self.trouble:
            self._unkept(f"runs are not kept: {error}")
        self.trouble = str(error)
        for _, told, result in ended:
            _tell(told, result if self._unkept is not None else error)

    async def take_over(self) -> tuple[Run, ...]:
        """The durable runs of engines that are gone, which are this one's from now on."""
        return await self._store.take_over(self.epoch)

    async def _work(self) -> None:
        while self._group:
            group, self._group = self._group, []
            durable, self._durable = self._durable, False
            try:
                refused = await self._store.write([change for change, _ in group], self.epoch, durable=durable)
            except RecordError as error:
                self.trouble = str(error)
                for _, kept in group:
                    _fail(kept, error)
                continue
            self.trouble = ""
            for change, kept in group:
                refusal = refused.get(run_of(change)) if refused else None
                if refusal is not None:
                    _fail(kept, refusal)
                elif not kept.done():
                    kept.set_result(None)
        self._writing = None

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(min(RENEWAL_S, self._lease_s / 3))
            try:
                await self._store.renew(self.epoch)
            except LeaseLostError:
                self.when_lost()
                with suppress(RecordError):
                    self._epoch = await self._store.join(self._workflow, self._engine, self._lease_s)
            except RecordError as error:
                self.trouble = str(error)

    async def _prune(self) -> None:
        while True:
            with suppress(RecordError):
                now = asyncio.get_running_loop().time
                began = now()
                while await self._store.prune(self.epoch, _now_ms(), self._keep):
                    await asyncio.sleep(max(_PAUSE_S, now() - began))
                    began = now()
            await asyncio.sleep(PRUNING_S)


def _tell(told: asyncio.Future[RunResult], result: RunResult | PipedreamerError) -> None:
    if isinstance(result, PipedreamerError):
        _fail(told, result)
    elif not told.done():
        told.set_result(result)


def _fail(kept: asyncio.Future[Any], error: PipedreamerError) -> None:
    if not kept.done():
        kept.set_exception(error)
        kept.exception()  # whoever does not look is no reason for a warning


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
