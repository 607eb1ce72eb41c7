"""A durable run that is this engine's, carried out to its end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipedreamer.errors import EngineBusyError, LeaseLostError, PipedreamerError, RecordError, ValueTooBigError
from pipedreamer.record import Ended, Run
from pipedreamer.runtime.recording.entry import Facts, brief, error_of, state_of
from pipedreamer.runtime.recording.insisting import Insisting
from pipedreamer.runtime.recording.keeping import Keeping
from pipedreamer.runtime.recording.lease import NOT_OURS
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.moments import now_ms
from pipedreamer.runtime.recording.resuming import Durable, resumed
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.result import RunResult
from pipedreamer.runtime.staged_executor import Keeper, Resumed

_BUSY_S: Final = 0.1


class KeptExecutor(Protocol):
    """Runs a plan stage by stage; see `runtime.session.Session`."""

    def execute_kept(
        self, trigger_input: bytes, *, run_id: str, keeper: Keeper, resumed: Resumed
    ) -> asyncio.Future[RunResult]: ...
    def cancel(self, run_id: str) -> bool: ...


@dataclass(slots=True, eq=False)
class OwnRun:
    """A run that is this engine's to carry out, with its `hand` on the record.

    `durable` None is still to be read, `run` is there once it has ended here.
    """

    id: str
    hand: Insisting
    durable: Durable | None = None
    run: Run | None = None
    is_cancelled: bool = False
    is_done: asyncio.Event = field(default_factory=asyncio.Event)


class Carrier:
    """Carries out an engine's durable runs, each from where it was."""

    def __init__(self, executor: KeptExecutor, writer: Writer, lines: RunLines, facts: Callable[[], Facts]) -> None:
        self._executor = executor
        self._writer = writer
        self._lines = lines
        self._facts = facts
        self.unbegun: dict[str, int] = {"cancelled": 0, "interrupted": 0}
        """Runs that ended before they began, by state."""

    async def end_of(self, mine: OwnRun) -> Ended | None:
        """How it ended; None where it had ended before. Raises `RecordError` where it is not this engine's any more."""
        try:
            durable = mine.durable or await self._read(mine)
        except LeaseLostError:
            raise
        except PipedreamerError as error:
            self.unbegun["interrupted"] += 1
            return Ended(mine.id, "interrupted", now_ms(), brief(self._facts(), str(error)))
        if durable is None:
            return None
        self._lines.begin(mine.id, durable.lines)
        self._lines.events.tell_run(mine.id, "running", now_ms())
        keeper = Keeping(mine.id, durable.facts, mine.hand, self._lines)
        try:
            keeper.cut_off(durable.open)
            end = await self._kept_end(mine, durable, keeper)
        finally:
            keeper.close()
        mine.run = keeper.whole(durable.run, end)
        return end

    async def _kept_end(self, mine: OwnRun, durable: Durable, keeper: Keeping) -> Ended:
        try:
            result = await self._result_of(mine, durable, keeper)
            await keeper.settle()
        except ValueTooBigError as error:
            return Ended(mine.id, "failed", now_ms(), brief(durable.facts, str(error)))
        except RecordError:
            raise
        except PipedreamerError as error:
            return Ended(mine.id, "interrupted", now_ms(), brief(durable.facts, str(error)))
        if result is None:
            self.unbegun["cancelled"] += 1
            return Ended(mine.id, "cancelled", now_ms(), "cancelled before it began")
        return Ended(mine.id, state_of(result), result.timing.completed_at, error_of(durable.facts, result))

    async def _read(self, mine: OwnRun) -> Durable | None:
        """The run as the record has it. Raises where it cannot go on."""
        facts = self._facts()
        run = await mine.hand.until_done(lambda: self._writer.store.run(facts.workflow, mine.id))
        return None if run is None or run.is_finished else resumed(run, facts)

    async def _result_of(self, mine: OwnRun, durable: Durable, keeper: Keeper) -> RunResult | None:
        """None where it was cancelled before it began."""
        while not mine.is_cancelled:
            if mine.hand.is_over:
                raise LeaseLostError(NOT_OURS)
            try:
                result = await self._executor.execute_kept(
                    durable.given, run_id=mine.id, keeper=keeper, resumed=durable.resumed
                )
            except EngineBusyError:
                await asyncio.sleep(_BUSY_S)
                continue
            if mine.hand.is_over:  # it was stopped for that
                raise LeaseLostError(NOT_OURS)
            return result
        return None
