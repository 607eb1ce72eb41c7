"""The executor whose runs are in the record before anybody hears how they ended."""

import asyncio
from collections.abc import Callable
from functools import partial

from pipedreamer.errors import PipedreamerError
from pipedreamer.record import Run
from pipedreamer.runtime.executor import Executor
from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.recording.entry import Facts, brief, finished
from pipedreamer.runtime.recording.events import Event, Events
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.result import RunResult


class Recorded:
    """Implements `runtime.executor.Executor` over another one; `facts` tells of the present code and secrets."""

    def __init__(
        self, executor: Executor, writer: Writer, lines: RunLines, facts: Callable[[], Facts], events: Events
    ) -> None:
        self._executor = executor
        self._events = events
        self._running: dict[str, tuple[str, bytes, Facts]] = {}
        self._writer = writer
        self._lines = lines
        self._facts = facts
        self._ids = run_ids()
        self._loop = asyncio.get_running_loop()

    def execute(
        self, trigger_input: bytes, *, run_id: str | None = None, trigger: str = "manual"
    ) -> asyncio.Future[RunResult]:
        """The run's result, once it is in the record. Raises `RecordError` beside what the executor raises."""
        name, facts = run_id or next(self._ids), self._facts()
        running = asyncio.ensure_future(self._executor.execute(trigger_input, run_id=name))
        self._lines.begin(name)
        self._running[name] = trigger, trigger_input, facts
        if self._events.are_watched:
            self._events.publish(Event(name, "run", {"id": name, "state": "running", "at": int(name[:12], 16)}))
        told: asyncio.Future[RunResult] = self._loop.create_future()
        running.add_done_callback(partial(self._ended, told, name, trigger, trigger_input, facts))
        return told

    def cancel(self, run_id: str) -> bool:
        return self._executor.cancel(run_id)

    def running(self) -> list[Run]:
        """The runs under way that somebody waits for, newest first; of these the record has nothing yet."""
        return [
            Run(
                id=name,
                workflow=facts.workflow,
                code=facts.code,
                trigger=trigger,
                state="running",
                started_at=int(name[:12], 16),
                input=facts.references.hide(given),
            )
            for name, (trigger, given, facts) in reversed(self._running.items())
        ]

    def _ended(
        self,
        told: asyncio.Future[RunResult],
        name: str,
        trigger: str,
        given: bytes,
        facts: Facts,
        running: asyncio.Future[RunResult],
    ) -> None:
        lines = self._lines.end(name)
        del self._running[name]
        if running.cancelled():
            told.cancel()
            return
        error = running.exception()
        if error is None:
            result = running.result()
            run = finished(facts, name, trigger, given, result, lines)
            self._writer.finish(run, told, result)
        elif isinstance(error, PipedreamerError):
            run = Run(
                id=name,
                workflow=facts.workflow,
                code=facts.code,
                trigger=trigger,
                state="interrupted",
                error=brief(facts, str(error)),
                input=facts.references.hide(given),
                lines=lines,
            )
            self._writer.finish(run, told, error)
        else:
            told.set_exception(error)
            return
        if self._events.are_watched:
            self._events.publish(Event(name, "run", {"id": name, "state": run.state, "at": run.ended_at}))
