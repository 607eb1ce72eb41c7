"""Durable runs: accepted once they are on the disk, kept at each step, and gone on with after a crash."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from pipedreamer.errors import EngineBusyError, PipedreamerError, RecordError
from pipedreamer.record import Accepted, Attempt, Ended, Run
from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.recording.entry import GONE, Facts, brief, error_of, state_of
from pipedreamer.runtime.recording.events import Event, Events
from pipedreamer.runtime.recording.keeping import Keeping
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.result import RunResult
from pipedreamer.runtime.staged_executor import Keeper, Resumed

_LOOK_S: Final = 0.02
MOST_WAITING: Final = 100_000
"""Accepted runs that have not begun."""


class KeptExecutor(Protocol):
    """Runs a plan stage by stage; see `runtime.session.Session`."""

    def execute_kept(
        self, trigger_input: bytes, *, run_id: str, keeper: Keeper, resumed: Resumed
    ) -> asyncio.Future[RunResult]: ...
    def cancel(self, run_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody's wish for a durable run; `key` makes it one run however often it is said.

    `kept` are attempts of an earlier run whose outputs this one begins with.
    """

    given: bytes
    trigger: str = "manual"
    key: str | None = None
    key_digest: bytes | None = None
    rerun_of: str | None = None
    rerun_from: tuple[str, ...] = ()
    kept: tuple[Attempt, ...] = ()


class DurableRuns:
    """Those of one engine; at most `at_once` run together, the others wait in the order they came."""

    def __init__(
        self,
        executor: KeptExecutor,
        writer: Writer,
        lines: RunLines,
        facts: Callable[[], Facts],
        events: Events,
        at_once: int,
    ) -> None:
        self._events = events
        self._executor = executor
        self._writer = writer
        self._lines = lines
        self._facts = facts
        self._at_once = at_once
        self._ids = run_ids()
        self._waiting: deque[_Durable] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def accept(self, request: Request) -> str:
        """The id of the run, which will be carried out whatever happens to this process.

        Raises `KeyTakenError` for a key that is known, `EngineBusyError` without room, and `RecordError`.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise EngineBusyError(f"{MOST_WAITING:,} runs wait already: try again later")
        facts = self._facts()
        run = Run(
            id=next(self._ids),
            workflow=facts.workflow,
            code=facts.code,
            trigger=request.trigger,
            state="accepted",
            durable=True,
            input=facts.references.hide(request.given),
            key=request.key,
            key_digest=request.key_digest,
            rerun_of=request.rerun_of,
            rerun_from=request.rerun_from,
            attempts=request.kept,
        )
        durable = _Durable(run.id, request.given, Resumed(_outputs(run, facts), {}), facts)
        await self._writer.write(Accepted(run), durable=True)
        self._tell(run.id, "accepted", run.accepted_at)
        self._begin(durable)
        return run.id

    async def go_on(self) -> int:
        """Take up the runs that engines before this one left unfinished; how many."""
        runs = await self._writer.take_over()
        gone_on = 0
        for run in runs:
            facts = self._facts()
            try:
                if not run.durable:  # whoever waited for it has gone
                    raise RecordError(GONE)
                self._begin(_resumed(run, facts))
                gone_on += 1
            except PipedreamerError as error:
                await self._writer.write(Ended(run.id, "interrupted", _now_ms(), brief(facts, str(error))))
        return gone_on

    async def ended(self, run_id: str) -> None:
        """Wait until this engine is done with a run."""
        while run_id in self._running or any(durable.id == run_id for durable in self._waiting):
            task = self._running.get(run_id)
            await (asyncio.wait((task,)) if task is not None else asyncio.sleep(_LOOK_S))

    def cancel(self, run_id: str) -> bool:
        """Stop a run; false where this engine has none of this name under way."""
        for durable in self._waiting:
            if durable.id == run_id:
                self._waiting.remove(durable)
                self._writer.write(Ended(run_id, "cancelled", _now_ms(), "cancelled before it began"))
                return True
        return run_id in self._running and self._executor.cancel(run_id)

    def drop(self) -> None:
        """Stop all runs here: another engine has them."""
        self._waiting.clear()
        for run_id in self._running:
            self._executor.cancel(run_id)

    async def close(self) -> None:
        """Begin no more, and leave what runs to whoever comes after."""
        self._is_closed = True
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _begin(self, durable: "_Durable") -> None:
        self._waiting.append(durable)
        self._next()

    def _next(self) -> None:
        while self._waiting and len(self._running) < self._at_once and not self._is_closed:
            durable = self._waiting.popleft()
            self._running[durable.id] = asyncio.create_task(self._carry_out(durable))

    async def _carry_out(self, durable: "_Durable") -> None:
        self._lines.begin(durable.id, durable.lines)
        keeper = Keeping(durable.id, durable.facts, self._writer, self._lines)
        keeper.cut_off(durable.open)
        self._tell(durable.id, "running", _now_ms())
        try:
            end = await self._end_of(durable, keeper)
            await keeper.settle()
            if end is not None:
                await self._writer.write(end)
                self._tell(durable.id, end.state, end.ended_at)
        except RecordError:
            pass  # the writer has told of it; the run is gone on with by whoever holds the record next
        finally:
            keeper.close()
            del self._running[durable.id]
            self._next()

    def _tell(self, run_id: str, state: str, at: int) -> None:
        if self._events.are_watched:
            self._events.publish(Event(run_id, "run", {"id": run_id, "state": state, "at": at}))

    async def _end_of(self, durable: "_Durable", keeper: Keeping) -> Ended | None:
        try:
            result = await self._executor.execute_kept(
                durable.given, run_id=durable.id, keeper=keeper, resumed=durable.resumed
            )
        except RecordError:
            raise
        except EngineBusyError:
            self._waiting.append(durable)
            await asyncio.sleep(0.1)
            return None
        except PipedreamerError as error:
            return Ended(durable.id, "interrupted", _now_ms(), brief(durable.facts, str(error)))
        return Ended(durable.id, state_of(result), result.timing.completed_at, error_of(durable.facts, result))


@dataclass(frozen=True, slots=True)
class _Durable:
    """One that is to be carried out; `lines` is how many of its log are kept, `open` are attempts nobody saw end."""

    id: str
    given: bytes
    resumed: Resumed
    facts: Facts
    lines: int = 0
    open: tuple[Attempt, ...] = ()


def _resumed(run: Run, facts: Facts) -> _Durable:
    """What is left of a run. Raises where it cannot go on: `MissingSecretError`, or its code is gone."""
    if run.code.code != facts.code.code:
        raise RecordError(
            f"it began with version {run.code.version} (code {run.code.code[:12]}), and this engine has "
            f"{facts.code.version} ({facts.code.code[:12]}); re-run it"
        )
    outputs = _outputs(run, facts)
    begun: dict[str, int] = {}
    for one in run.attempts:
        if one.node not in outputs:  # what is to be tried again may have been begun again
            begun[one.node] = max(begun.get(one.node, 0), one.number + (one.state == "retry"))
    last = run.lines[-1].number if run.lines else 0
    resumed = Resumed(outputs, begun)
    open_ = tuple(one for one in run.attempts if one.ended_at is None)
    return _Durable(run.id, facts.references.restore(run.input), resumed, facts, last, open_)


def _outputs(run: Run, facts: Facts) -> dict[str, bytes]:
    restore = facts.references.restore
    return {one.node: restore(one.output) for one in run.attempts if one.state == "ok" and one.output is not None}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
