"""The executor whose runs are in the record before anybody hears how they ended."""

import asyncio
from collections.abc import Callable
from typing import Final

from msgspec import structs

from pipedreamer.errors import PipedreamerError
from pipedreamer.record import Accepted, Run
from pipedreamer.runtime.executor import Executor
from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.recording.entry import Facts, brief, finished
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.moments import begun_at, now_ms
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.result import RunResult

NOTED_MS: Final = 50
"""A run that has been under way for so long is in the record before it ends: were it cut off, that would be known."""


class Recorded:
    """Implements `runtime.executor.Executor` over another one; `facts` tells of the present code and secrets."""

    def __init__(self, executor: Executor, writer: Writer, lines: RunLines, facts: Callable[[], Facts]) -> None:
        self.writer = writer
        self.lines = lines
        self._executor = executor
        self._running: dict[str, _UnderWay] = {}
        self._facts = facts
        self._ids = run_ids()
        self._loop = asyncio.get_running_loop()
        self._looking: asyncio.TimerHandle | None = None

    def execute(
        self, trigger_input: bytes, *, run_id: str | None = None, trigger: str = "manual"
    ) -> asyncio.Future[RunResult]:
        """The run's result, once it is in the record. Raises `RecordError` beside what the executor raises."""
        name = run_id or next(self._ids)
        running = asyncio.ensure_future(self._executor.execute(trigger_input, run_id=name))
        under_way = _UnderWay(self, name, trigger, trigger_input, self._facts(), self._loop.create_future())
        self.lines.begin(name)
        self._running[name] = under_way
        self.lines.events.tell_run(name, "running")
        if self._looking is None:
            self._looking = self._loop.call_later(NOTED_MS / 1000, self._look)
        running.add_done_callback(under_way.ended)
        return under_way.told

    def cancel(self, run_id: str) -> bool:
        return self._executor.cancel(run_id)

    def running(self) -> list[Run]:
        """The runs under way that somebody waits for, newest first; of most of these the record has nothing yet."""
        return [one.run() for one in reversed(self._running.values())]

    def names(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(self._running)

    def under_way(self, run_id: str) -> Run | None:
        """One of them."""
        one = self._running.get(run_id)
        return None if one is None else one.run()

    def end(self, run_id: str) -> None:
        """It is not under way any more."""
        del self._running[run_id]

    def _look(self) -> None:
        now = now_ms()
        for one in self._running.values():
            if begun_at(one.id) > now - NOTED_MS:
                break
            if one.noted is None:
                one.noted = self.writer.write(Accepted(one.run()))
        self._looking = self._loop.call_later(NOTED_MS / 1000, self._look) if self._running else None


class _UnderWay:
    """A run that somebody waits for; `noted` is done once the record knows of it."""

    __slots__ = ("_facts", "_given", "_owner", "_trigger", "id", "noted", "told")

    def __init__(
        self, owner: Recorded, run_id: str, trigger: str, given: bytes, facts: Facts, told: asyncio.Future[RunResult]
    ) -> None:
        self._owner = owner
        self.id = run_id
        self._trigger = trigger
        self._given = given
        self._facts = facts
        self.told = told
        self.noted: asyncio.Future[None] | None = None

    def run(self) -> Run:
        """What is known of it before it has a result."""
        facts = self._facts
        return Run(
            id=self.id,
            workflow=facts.workflow,
            code=facts.code,
            trigger=self._trigger,
            state="running",
            started_at=begun_at(self.id),
            input=facts.references.hide(self._given),
        )

    def ended(self, running: asyncio.Future[RunResult]) -> None:
        """Keep what it came to, and tell it then."""
        owner, name = self._owner, self.id
        lines = owner.lines.end(name)
        if self.noted is None:
            owner.end(name)
        else:  # as long as the record takes it for one that is under way
            self.told.add_done_callback(lambda _: owner.end(name))
        if running.cancelled():
            self.told.cancel()
            return
        error = running.exception()
        if error is None:
            result: RunResult | PipedreamerError = running.result()
            run = finished(self._facts, name, self._trigger, self._given, running.result(), lines)
        elif isinstance(error, PipedreamerError):
            result, why = error, brief(self._facts, str(error))
            run = structs.replace(self.run(), state="interrupted", ended_at=now_ms(), error=why, lines=lines)
        else:
            self.told.set_exception(error)
            return
        owner.writer.finish(run, self.told, result, self.noted)
        owner.lines.events.tell_run(name, run.state, run.ended_at)
