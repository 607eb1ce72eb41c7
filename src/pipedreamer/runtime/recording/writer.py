"""Writes to the record in groups: those of a turn of the loop at once where the store can, else one after the other."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pipedreamer.errors import LeaseLostError, PipedreamerError, RecordError, ValueTooBigError
from pipedreamer.record import Ended, Epoch, Finished, Progress, Retention, Run, Said, Store
from pipedreamer.record.changes import Change, run_of
from pipedreamer.runtime.recording.lease import LEASE_S, NOT_OURS, Lease
from pipedreamer.runtime.recording.moments import now_ms
from pipedreamer.runtime.result import RunResult

PRUNING_S: Final = 60.0
_PAUSE_S: Final = 0.05


Done = Callable[[RecordError | None], None]
"""Hears that a change is in the record, or why it is not."""


class Writer:
    """An engine's hand on the record of its workflow, with a `lease` on its durable runs that others are to renew.

    `unkept` hears of runs that ended and could not be kept; without it, that is their callers' error, and `say` hears.

    Use it as an async context manager. A writer whose store fails says so to everybody who waits, and goes on trying.
    """

    def __init__(
        self,
        store: Store,
        workflow: str,
        engine: str,
        unkept: Callable[[str], None] | None = None,
        *,
        say: Callable[[str], None] = lambda _: None,
        keep: Retention | None = None,
        lease_s: float = LEASE_S,
    ) -> None:
        self._store = store
        self.lease = Lease(store, workflow, engine, lease_s)
        self._unkept = unkept
        self._say = say
        self._keep = keep or Retention()
        self._turn: list[tuple[Change, Done]] = []
        self._group: list[tuple[Change, Done]] = []
        self._durable = False
        self._writing: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._under_way, self._began = 0, 0.0
        self.trouble = ""

    @property
    def store(self) -> Store:
        """For those who read."""
        return self._store

    @property
    def waiting(self) -> int:
        """Changes that are being written or wait for it."""
        return self._under_way + len(self._group) + len(self._turn)

    @property
    def lag_s(self) -> float:
        """For how many seconds the write under way has not been done."""
        return time.monotonic() - self._began if self._under_way else 0.0

    @property
    def epoch(self) -> Epoch:
        return self.lease.epoch

    async def __aenter__(self) -> "Writer":
        await self._store.open()
        try:
            await self.lease.join()
        except BaseException:
            await self._store.close()
            raise
        self._pruning = asyncio.create_task(self._prune())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pruning is not None:
            self._pruning.cancel()
            await asyncio.gather(self._pruning, return_exceptions=True)
        self._write_turn()
        while self._writing is not None:
            await asyncio.wait((self._writing,))
        with suppress(RecordError):
            await self.lease.leave()
        await self._store.close()

    def write(self, change: Change, *, durable: bool = False) -> asyncio.Future[None]:
        """Done when the change is in the record, with `durable` on the disk; raises `RecordError`."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if durable:
            self._durable = True
            self._later([(change, partial(_settle, kept))])
        else:
            self._add(change, partial(_settle, kept))
        return kept

    def finish(
        self,
        run: Run,
        told: asyncio.Future[RunResult],
        result: RunResult | PipedreamerError,
        noted: asyncio.Future[None] | None = None,
    ) -> None:
        """Tell how a run ended once it is in the record.

        `noted` is the writing of what the record knew of it while it was under way.
        """
        done = partial(self._tell, told, result)
        if noted is None:
            self._add(Finished(run), done)
        else:
            noted.add_done_callback(partial(self._finish_noted, run, done))

    def _finish_noted(self, run: Run, done: Done, noted: asyncio.Future[None]) -> None:
        if noted.exception():
            self._add(Finished(run), done)
            return
        for attempt in run.attempts:
            self.write(Progress(run.id, attempt))
        if run.lines:
            self.write(Said(run.id, run.lines))
        self._add(Ended(run.id, run.state, run.ended_at or 0, run.error), done)

    def _tell(
        self, told: asyncio.Future[RunResult], result: RunResult | PipedreamerError, error: RecordError | None
    ) -> None:
        """An error where it could not be kept, or where nobody asked for a record a warning: then the runs count."""
        if self._unkept is not None and not isinstance(error, ValueTooBigError):
            error = None
        end = error or result
        if isinstance(end, PipedreamerError):
            _fail(told, end)
        elif not told.done():
            told.set_result(end)

    def _met(self, error: RecordError | None) -> None:
        """Say what a write met, once for each outage."""
        trouble = str(error or "")
        if trouble and trouble != self.trouble:
            (self._unkept or self._say)(f"runs are not kept: {trouble}")
        self.trouble = trouble

    def _add(self, change: Change, done: Done) -> None:
        """Write it with others of this turn of the loop."""
        self._turn.append((change, done))
        if len(self._turn) == 1:
            asyncio.get_running_loop().call_soon(self._write_turn)

    def _write_turn(self) -> None:
        turn, self._turn = self._turn, []
        if not turn:
            return
        error = None
        try:
            is_kept = self._store.write_now([change for change, _ in turn], self.epoch)
        except Exception as fault:  # noqa: BLE001 - whatever it is, whoever waits is told
            is_kept, error = True, _told(fault)
        if not is_kept:
            self._later(turn)
            return
        self._met(error)
        for _, done in turn:
            done(error)

    def _later(self, changes: Iterable[tuple[Change, Done]]) -> None:
        """Write it beside the loop, with others that come meanwhile."""
        self._group.extend(changes)
        if self._writing is None:
            self._writing = asyncio.create_task(self._work())

    def drop_durable(self) -> None:
        """Refuse what waits to be written of durable runs, which are no longer this epoch's."""
        self._turn = self._without_durable(self._turn)
        self._group = self._without_durable(self._group)

    def _without_durable(self, changes: list[tuple[Change, Done]]) -> list[tuple[Change, Done]]:
        for change, done in changes:
            if not isinstance(change, Finished):
                done(LeaseLostError(NOT_OURS))
        return [(change, done) for change, done in changes if isinstance(change, Finished)]

    async def _work(self) -> None:
        while self._group:
            group, self._group = self._group, []
            durable, self._durable = self._durable, False
            self._under_way, self._began = len(group), time.monotonic()
            try:
                refused = await self._store.write([change for change, _ in group], self.epoch, durable=durable)
            except Exception as fault:  # noqa: BLE001 - as above
                error = _told(fault)
                self._met(error)
                for _, done in group:
                    done(error)
                continue
            finally:
                self._under_way = 0
            self._met(None)
            for change, done in group:
                done(refused.get(run_of(change)) if refused else None)
        self._writing = None

    async def _prune(self) -> None:
        while True:
            with suppress(RecordError):
                now = asyncio.get_running_loop().time
                began = now()
                while await self._store.prune(self.epoch, now_ms(), self._keep):
                    await asyncio.sleep(max(_PAUSE_S, now() - began))
                    began = now()
            await asyncio.sleep(PRUNING_S)


def _told(fault: Exception) -> RecordError:
    return fault if isinstance(fault, RecordError) else RecordError(f"the record itself failed: {fault!r}")


def _settle(kept: asyncio.Future[None], error: RecordError | None) -> None:
    if error is not None:
        _fail(kept, error)
    elif not kept.done():
        kept.set_result(None)


def _fail(kept: asyncio.Future[Any], error: PipedreamerError) -> None:
    if not kept.done():
        kept.set_exception(error)
        kept.exception()  # whoever does not look is no reason for a warning
