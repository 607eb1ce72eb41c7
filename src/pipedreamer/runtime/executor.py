"""The seam behind which a plan runs: in this machine's workers, or wherever another executor takes it."""

from typing import Protocol

from pipedreamer.runtime.result import RunResult


class Executor(Protocol):
    """Runs the workflow it was made for.

    `execute` takes the trigger's input as JSON text, returns when the run has ended (a failed run is a result, not an
    exception), and raises `EngineBusyError` when there is no room. `run_id` is made when none is given.
    """

    async def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> RunResult: ...
