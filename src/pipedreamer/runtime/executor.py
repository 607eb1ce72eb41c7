"""The seam behind which a plan runs: in this machine's workers, or wherever another executor takes it."""

from collections.abc import Awaitable
from typing import Protocol

from pipedreamer.runtime.result import RunResult


class Executor(Protocol):
    """Runs the workflow it was made for.

    `execute` takes the trigger's input as JSON text and begins the run, which ends when the run has ended (a failed run
    is a result, not an exception), whether or not anybody still waits for it. It raises `EngineBusyError`, at once or
    when awaited, when there is no room. `run_id` is made when none is given. A future costs the engine no task.
    """

    def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> Awaitable[RunResult]: ...
    def cancel(self, run_id: str) -> bool:
        """Stop a run's nodes and begin no more; its result comes soon. False where there is no such run under way."""
