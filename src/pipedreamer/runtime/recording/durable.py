"""Durable runs: accepted once they are on the disk, kept at each step, and gone on with after a crash."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from pipedreamer.errors import EngineBusyError, LeaseLostError, PipedreamerError, RecordError, StaleError
from pipedreamer.record import Accepted, Attempt, Ended, Run
from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.recording.carrying import Carrier, KeptExecutor, OwnRun
from pipedreamer.runtime.recording.entry import Facts, brief
from pipedreamer.runtime.recording.insisting import Insisting
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.moments import begun_at, now_ms
from pipedreamer.runtime.recording.resuming import Durable, outputs
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.staged_executor import Resumed

_UNREACHED: Final = "the record cannot be reached in time, and until then no durable run begins: try again later"
_AGAIN_S: Final = 1.0
_STOPPING_S: Final = 5.0
"""Nodes that do not stop have ended with their process long before."""
MOST_WAITING: Final = 100_000
"""Accepted runs that have not begun."""


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody's wish for a durable run; `key` makes it one run however often it is said.

    `kept` are attempts of an earlier run whose outputs this one begins with; without a `run_id` one is made.
    """

    given: bytes
    trigger: str = "manual"
    key: str | None = None
    rerun_of: str | None = None
    rerun_from: tuple[str, ...] = ()
    kept: tuple[Attempt, ...] = ()
    run_id: str | None = None


class DurableRuns:
    """Those of one engine; at most `at_once` run together, the others wait in the order they came.

    A run is this engine's as long as the record says so, which is asked at each renewal of the lease: what this process
    does not know of is gone on with, and without the lease all is stopped. `say` hears of both.
    `waited_for` are the runs that are under way without being durable.
    """

    def __init__(
        self,
        executor: KeptExecutor,
        writer: Writer,
        lines: RunLines,
        facts: Callable[[], Facts],
        at_once: int,
        say: Callable[[str], None],
        waited_for: Callable[[], frozenset[str]],
    ) -> None:
        self._executor = executor
        self._events = lines.events
        self._writer = writer
        self._facts = facts
        self._carrier = Carrier(executor, writer, lines, facts)
        self._at_once = at_once
        self._say = say
        self._waited_for = waited_for
        self._ids = run_ids()
        self._mine: dict[str, OwnRun] = {}
        self._waiting: deque[OwnRun] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False
        self._trouble = ""
        writer.lease.when_lost = self._lost

    @property
    def unbegun(self) -> Mapping[str, int]:
        """Runs that ended before they began, which no executor counts, by state."""
        return self._carrier.unbegun

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def running(self) -> int:
        return len(self._running)

    async def accept(self, request: Request) -> str:
        """The id of the run, which will be carried out whatever happens to this process.

        Raises `KeyTakenError` for a key that is known, `EngineBusyError` without room or without the lease, and
        `RecordError`: then it may be carried out all the same, where the record has it and could not say so.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise EngineBusyError(f"{MOST_WAITING:,} runs wait already: try again later")
        if not self._writer.lease.is_held:
            raise EngineBusyError(_UNREACHED)
        facts = self._facts()
        given = facts.references.hide(request.given)
        run = Run(
            id=request.run_id or next(self._ids),
            workflow=facts.workflow,
            code=facts.code,
            trigger=request.trigger,
            state="accepted",
            durable=True,
            input=given,
            key=request.key,
            key_digest=None if request.key is None else _digest(given, request),
            rerun_of=request.rerun_of,
            rerun_from=request.rerun_from,
            attempts=request.kept,
        )
        durable = Durable(run, request.given, Resumed(outputs(run, facts), {}), facts)
        mine = self._mine[run.id] = OwnRun(run.id, Insisting(self._writer, self._waits), durable)
        kept = self._writer.write(Accepted(run), durable=True)
        kept.add_done_callback(partial(self._accepted, mine))
        try:
            await asyncio.shield(kept)
        except (LeaseLostError, StaleError):
            raise EngineBusyError(_UNREACHED) from None
        return run.id

    async def look(self) -> None:
        """Renew the lease, and go on with the runs that are this engine's and that it does not know of.

        Raises `RecordError`.
        """
        known = frozenset(self._mine) | self._waited_for()
        owned = await self._writer.lease.renew(self._facts().code.code)
        found = [run_id for run_id in owned if run_id not in known | self._waited_for() and run_id not in self._mine]
        if found:
            self._say(f"going on with {len(found)} unfinished run{'s' if len(found) > 1 else ''}")
        for run_id in found:
            mine = self._mine[run_id] = OwnRun(run_id, Insisting(self._writer, self._waits))
            self._waiting.append(mine)
        self._next()

    async def keep(self) -> None:
        """Look again and again."""
        trouble, pause = "", self._writer.lease.period
        while True:
            await asyncio.sleep(pause)
            try:
                await self.look()
                trouble, pause = "", self._writer.lease.period
            except (PipedreamerError, OSError) as error:
                if str(error) != trouble:
                    self._say(f"the lease on durable runs is not renewed: {error}")
                trouble = str(error)
                pause = 0.0 if isinstance(error, LeaseLostError) else min(_AGAIN_S, self._writer.lease.period)

    async def ended(self, run_id: str) -> Run | None:
        """Wait until this engine is done with a run; the run, where it was this engine that ended it."""
        mine = self._mine.get(run_id)
        if mine is None:
            return None
        await mine.is_done.wait()
        return mine.run

    def cancel(self, run_id: str) -> bool:
        """Stop a run; false where this engine has none of this name under way."""
        mine = self._mine.get(run_id)
        if mine is None or mine.hand.is_over:
            return False
        mine.is_cancelled = True
        if mine in self._waiting:
            self._waiting.remove(mine)
            self._start(mine)
        else:
            self._executor.cancel(run_id)
        return True

    async def close(self) -> None:
        """Begin no more, stop what runs, and leave it to whoever comes after."""
        self._is_closed = True
        self._drop()
        if self._running:
            _, left = await asyncio.wait(self._running.values(), timeout=_STOPPING_S)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _lost(self) -> None:
        if self._mine:
            self._say(f"the lease on {len(self._mine)} durable runs has ended: they are stopped here")
        self._drop()

    def _drop(self) -> None:
        """Stop all runs here: they are another engine's, or may be."""
        for mine in tuple(self._mine.values()):
            mine.hand.let_go()
            self._executor.cancel(mine.id)
        while self._waiting:
            self._forget(self._waiting.popleft())
        self._writer.drop_durable()

    def _waits(self, error: RecordError) -> None:
        """A run waits for the record; said once, however many do."""
        if str(error) != self._trouble:
            self._say(f"durable runs wait for the record: {error}")
        self._trouble = str(error)

    def _forget(self, mine: OwnRun) -> None:
        del self._mine[mine.id]
        mine.is_done.set()

    def _accepted(self, mine: OwnRun, kept: asyncio.Future[None]) -> None:
        """It is in the record, or perhaps not: then it is found there at the next look."""
        if kept.cancelled() or kept.exception() is not None or mine.hand.is_over:
            self._forget(mine)
            return
        self._events.tell_run(mine.id, "accepted", begun_at(mine.id))
        self._waiting.append(mine)
        self._next()

    def _next(self) -> None:
        while self._waiting and len(self._running) < self._at_once and not self._is_closed:
            self._start(self._waiting.popleft())

    def _start(self, mine: OwnRun) -> None:
        self._running[mine.id] = asyncio.create_task(self._carry_out(mine))

    async def _carry_out(self, mine: OwnRun) -> None:
        try:
            end = await self._carrier.end_of(mine)
            if end is not None:
                await mine.hand.write(end)
                self._trouble = ""
                self._events.tell_run(mine.id, end.state, end.ended_at)
        except RecordError:
            mine.run = None  # it is another engine's, or found in the record when the lease is renewed
        except Exception as error:  # noqa: BLE001 - whatever it is, it would be the same at the next time
            await self._give_up(mine, error)
        finally:
            del self._running[mine.id]
            self._forget(mine)
            self._next()

    async def _give_up(self, mine: OwnRun, error: Exception) -> None:
        why = brief(self._facts(), f"the engine itself failed: {error!r}")
        self._say(f"run {mine.id} ends as interrupted: {why}")
        with suppress(RecordError):
            await mine.hand.write(Ended(mine.id, "interrupted", now_ms(), why))


def _digest(given: bytes, request: Request) -> bytes:
    """What tells requests with one key apart; of an input without its secrets, which could be guessed from it."""
    parts = (request.rerun_of or "", *request.rerun_from)
    return hashlib.sha256(b"\0".join((given, *(part.encode() for part in parts)))).digest()
