"""What there is to write. Each may be written twice: the second time changes nothing."""

from msgspec import Struct

from pipedreamer.record.model import Attempt, Line, Run, State


class Finished(Struct, frozen=True):
    """A whole run that nobody could take over: it has ended, or was cut off."""

    run: Run


class Accepted(Struct, frozen=True):
    """A durable run is there, and belongs to the engine that writes this. Its key must be new for its workflow."""

    run: Run


class Began(Struct, frozen=True, array_like=True, tag="began", gc=False):
    """The first node of a durable run begins, at so many ms since 1970."""

    run_id: str
    at: int


class Progress(Struct, frozen=True, array_like=True, tag="progress", gc=False):
    """An attempt of a durable run has begun or ended; one that ended takes the place of what was said of it before."""

    run_id: str
    attempt: Attempt


class Said(Struct, frozen=True, array_like=True, tag="said", gc=False):
    """Lines of a durable run's log, numbered by the caller: what is said twice has its number twice."""

    run_id: str
    lines: tuple[Line, ...]


class Ended(Struct, frozen=True, array_like=True, tag="ended", gc=False):
    """A durable run has ended, and belongs to nobody any more."""

    run_id: str
    state: State
    ended_at: int
    error: str = ""


Change = Finished | Accepted | Began | Progress | Said | Ended


def run_of(change: Change) -> str:
    """The id of the run that a change is about."""
    return change.run.id if isinstance(change, Finished | Accepted) else change.run_id
