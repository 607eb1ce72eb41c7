"""What the pool is given to run, and what it says when a worker was lost on the way."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pipedreamer.sandbox.protocol import Fetch, FetchMore, FetchStop, LogLine, Observed, Outcome, Run, ToWorker

Cause = Literal["timeout", "died", "neighbour", "unknown"]


@dataclass(frozen=True, slots=True)
class Interruption:
    """A worker was lost while it ran a job.

    `running` maps each node that had begun to the number of its attempt, `deadlines` to its deadline (monotonic
    nanoseconds). `guilty` are those of them that caused the
    loss. `cause`: `timeout` (guilty nodes did not end), `died` (a guilty node took the process with it), `neighbour`
    (another run's node did), `unknown` (any of several could have: try each alone). `reason` is for people.
    """

    cause: Cause
    reason: str
    running: dict[int, int]
    deadlines: dict[int, int]
    guilty: frozenset[int]


class Job(Protocol):
    """A run as the pool sees it; called in the loop's thread."""

    @property
    def longest_ns(self) -> int:
        """No honest worker takes longer for it; one that does is ended."""

    def ready(self) -> bool:
        """Asked right before it starts; false when it cannot run with the present code, and has ended itself."""

    def request(self, serial: int) -> Run: ...
    def outcome(self, outcome: Outcome) -> None: ...
    def interrupted(self, interruption: Interruption) -> None: ...
    def abandoned(self, reason: str) -> None:
        """No worker can be had for it."""


class Sender(Protocol):
    """Whoever can be answered: a worker."""

    def send(self, message: ToWorker) -> None: ...
    async def drained(self) -> None:
        """Wait until it reads what it was sent."""


class Listener(Protocol):
    """Gets what workers say beside outcomes; `job` is None for lines written outside of a run."""

    def log(self, job: Job | None, line: LogLine) -> None: ...
    def stray(self, text: str) -> None:
        """Lines that reached the process's own stdout or stderr."""

    def refused(self, job: Job | None, node: int, attempt: int, text: str) -> None:
        """A connection of this node was refused, and why; without a job it is not known whose it was."""

    def fetch(self, sender: Sender, job: Job | None, message: Fetch | FetchMore | FetchStop) -> None: ...
    def observed(self, process: int, message: Observed) -> None:
        """What the code of this process asked for, where it is watched."""

    def gone(self, sender: Sender) -> None:
        """This worker will not be answered any more."""
