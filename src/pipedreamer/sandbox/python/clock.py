"""The worker's own clock: looks every few milliseconds which attempts are over their time, and ends them.

It turns with the event loop, so a node that holds the loop stops it; then the engine, which sees the heartbeat stand
still, sends SIGUSR1, and the handler here raises inside that node. What does not end even so is killed from outside.
A node that never waits is therefore none of its business: it holds the loop from its first step to its last.
"""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

from pipedreamer.sandbox.flight import SINCE, FlightRecorder, now_ns
from pipedreamer.sandbox.protocol import Stuck, ToEngine
from pipedreamer.sandbox.python.attempt import Attempt
from pipedreamer.sandbox.python.lanes import Lane, NodeStoppedError

TICK_NS = 10_000_000
LATE_NS = 50_000_000
GRACE_NS = 100_000_000


class Clock:
    """Watches the attempts that wait for something; idle when there are none."""

    def __init__(
        self, flight: FlightRecorder, send: Callable[[ToEngine], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._flight = flight
        self._send = send
        self._loop = loop
        self._watched: set[Attempt] = set()
        self._holder: Attempt | None = None
        self._ticking = False
        self._looked = 0

    def hold(self, attempt: Attempt, now: int) -> None:
        """Note that the code of this attempt has the loop from now on, until `let_go`."""
        self._holder = attempt
        self._flight.hold(attempt.run, attempt.node, attempt.number, attempt.deadline, now)

    def let_go(self) -> None:
        """Note that no node has the loop."""
        self._holder = None
        self._flight.let_go()

    def wait(self, attempt: Attempt) -> None:
        """Let go of the loop while the attempt waits for something, and see to it that it ends in time."""
        if not attempt.watched:
            self.watch(attempt)
        self.let_go()
        attempt.held += now_ns() - self._flight.words[SINCE]

    def watch(self, attempt: Attempt) -> None:
        """See to it that an attempt which others may pass ends in time."""
        attempt.watched = True
        attempt.slot = self._flight.begin(attempt.run, attempt.node, attempt.number, attempt.deadline)
        self._watched.add(attempt)
        if not self._ticking:
            self._ticking = True
            self._looked = now_ns()
            self._flight.beat(self._looked)
            self._loop.call_later(TICK_NS / 1e9, self._tick)

    def forget(self, attempt: Attempt) -> None:
        """It has ended; what it left behind may still be stepped through."""
        self._flight.end(attempt.slot)
        attempt.slot = -1
        self._watched.discard(attempt)

    def holder_over_time(self) -> Attempt | None:
        """The attempt that holds the loop at this moment, if its time is over."""
        attempt = self._holder
        return attempt if attempt is not None and now_ns() > attempt.deadline else None

    def of_run(self, run: int) -> list[Attempt]:
        """The attempts of a run that wait for something."""
        return [attempt for attempt in self._watched if attempt.run == run]

    def _tick(self) -> None:
        now = now_ns()
        self._flight.beat(now)
        lost = now - self._looked - TICK_NS
        self._looked = now
        if lost > LATE_NS:
            self._give_back(lost)
        for attempt in list(self._watched):
            attempt.held = 0
            if attempt.lane is not None and attempt.reason is None and not self._counts(attempt, attempt.lane, now):
                continue
            if attempt.reason is not None and now - attempt.stopped_at > GRACE_NS:
                self._send(Stuck(run=attempt.run, node=attempt.node))
            elif attempt.reason is not None or now > attempt.deadline:
                attempt.stop(attempt.reason or "timeout", now)
        if self._watched:
            self._loop.call_later(TICK_NS / 1e9, self._tick)
        else:
            self._ticking = False

    def _counts(self, attempt: Attempt, lane: Lane, now: int) -> bool:
        """Whether a plain function's time runs: it has begun in its thread, and has not ended already."""
        if lane.finished:
            return False
        if not attempt.in_thread:
            waited = (lane.begun_ns or now) - attempt.begun
            attempt.begun += waited
            attempt.deadline += waited
            attempt.in_thread = bool(lane.begun_ns)
            self._flight.extend(attempt.slot, attempt.deadline)
        return True

    def _give_back(self, lost: int) -> None:
        """The loop stood still: nodes that were not the cause get that time on top."""
        for attempt in self._watched:
            if attempt.lane is None and attempt.reason is None and attempt.held < lost:
                attempt.deadline += lost - attempt.held
                self._flight.extend(attempt.slot, attempt.deadline)


class Interrupter:
    """The handler of SIGUSR1: raises in the node that holds the loop past its deadline, and nowhere else."""

    def __init__(self, clock: Clock, busy: Callable[[], bool]) -> None:
        self._clock = clock
        self._busy = busy

    def install(self) -> None:
        signal.signal(signal.SIGUSR1, self._handle)

    def _handle(self, _signal: int, _frame: FrameType | None) -> None:
        if self._busy():
            return
        attempt = self._clock.holder_over_time()
        if attempt is not None:
            attempt.reason, attempt.stopped_at = "timeout", attempt.stopped_at or now_ns()
            raise NodeStoppedError
