"""What a worker without a flight page is doing, by what it says: it announces attempts, and that its loop turns.

It answers as `flight.FlightPage` does. Which attempt has the processor it knows where there is one only.
"""

from typing import Final

from pipedreamer.sandbox.flight import RunningAttempt, now_ns
from pipedreamer.sandbox.protocol import Begun, Outcome

MOST: Final = 10_000
"""So many attempts are noted: a worker's word must not fill the engine."""


class Ledger:
    """The attempts that have begun and not ended, and when the worker was last heard."""

    def __init__(self) -> None:
        self._running: dict[tuple[int, int], RunningAttempt] = {}
        self._heard = now_ns()

    def heard(self) -> None:
        """The worker has said something."""
        self._heard = now_ns()

    def begun(self, said: Begun) -> None:
        """An attempt begins."""
        if len(self._running) < MOST:
            attempt = RunningAttempt(said.run, said.node, said.attempt, said.deadline, 0)
            self._running[said.run, said.node] = attempt

    def ended(self, outcome: Outcome) -> None:
        """An attempt has ended, for good or to be made again; with the last one its run has."""
        self._running.pop((outcome.run, outcome.node), None)
        if outcome.last:
            self._running = {place: one for place, one in self._running.items() if one.run != outcome.run}

    def silent_ns(self, now: int) -> int:
        """How long nothing was heard."""
        return now - self._heard

    def busy_ns(self, now: int) -> int:
        """How long a node may have held the processor; 0 when none runs."""
        return now - self._heard if self._running else 0

    def current(self) -> RunningAttempt | None:
        """The attempt that is on the processor, if it can be no other."""
        return next(iter(self._running.values())) if len(self._running) == 1 else None

    def running(self) -> list[RunningAttempt]:
        """Every attempt that has begun and not ended."""
        return list(self._running.values())

    def in_thread(self, thread: int) -> RunningAttempt | None:  # noqa: ARG002 - its threads say nothing
        """The attempt that a thread works for, if it can be no other."""
        return self.current()

    def own_threads(self) -> int:
        """As many as an idle worker may have: another language's runtime keeps them as it likes."""
        return MOST

    def unsent(self, received: int) -> bytes:  # noqa: ARG002 - what was not sent is lost with the process
        return b""
