"""The executor whose runs are in the record before anybody hears how they ended."""

import asyncio
from collections.abc import Callable
from functools import partial

from pipedreamer.errors import PipedreamerError
from pipedreamer.record import Run
from pipedreamer.runtime.executor import Executor
from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.recording.entry import Facts, brief, finished
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.result import RunResult


class Recorded:
    """Implements `runtime.executor.Executor` over another one; `facts` tells of the present code and secrets."""

    def __init__(self, executor: Executor, writer: Writer, lines: RunLines, facts: Callable[[], Facts]) -> None:
        self._executor = executor
        self._writer = writer
        self._lines = lines
        self._facts = facts
        self._ids = run_ids()
        self._loop = asyncio.get_running_loop()

    def execute(
        self, trigger_input: bytes, *, run_id: str | None = None, trigger: str = "manual"
    ) -> asyncio.Future[RunResult]:
        """The run's result, once it is in the record. Raises `RecordError` beside what the executor raises."""
        name = run_id or next(self._ids)
        running = asyncio.ensure_future(self._executor.execute(trigger_input, run_id=name))
        self._lines.begin(name)
        told: asyncio.Future[RunResult] = self._loop.create_future()
        running.add_done_callback(partial(self._ended, told, name, trigger, trigger_input, self._facts()))
        return told

    def cancel(self, run_id: str) -> bool:
        return self._executor.cancel(run_id)

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
        if running.cancelled():
            told.cancel()
            return
        error = running.exception()
        if error is None:
            result = running.result()
            self._writer.finish(finished(facts, name, trigger, given, result, lines), told, result)
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
