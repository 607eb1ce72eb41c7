"""What is counted of runs, for those who watch the engine: plain numbers, so that a run costs a microsecond."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from pipedreamer.errors import EngineBusyError
from pipedreamer.runtime.result import RunResult

BOUNDS_MS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000)
MOST_NODES: Final = 200
"""So many nodes of a plan are counted one by one."""
_ENDS: Final = {"retry": "retried", "failed": "failed", "cancelled": "cancelled", "interrupted": "interrupted"}


class Durations:
    """How long something took, counted into buckets; `observe` costs one binary search."""

    __slots__ = ("counts", "sum_ms")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_MS) + 1)
        self.sum_ms = 0

    def observe(self, milliseconds: int) -> None:
        """Count one that took so many milliseconds."""
        self.counts[bisect_left(BOUNDS_MS, milliseconds)] += 1
        self.sum_ms += milliseconds

    def copy(self) -> "Durations":
        """As it is now."""
        copied = Durations()
        copied.counts, copied.sum_ms = self.counts.copy(), self.sum_ms
        return copied

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts by upper bound in seconds, as Prometheus wants them."""
        bounds = [str(bound / 1000) for bound in BOUNDS_MS] + ["+Inf"]
        return list(zip(bounds, accumulate(self.counts), strict=True))

    @property
    def sum_seconds(self) -> float:
        return self.sum_ms / 1000


class NodeCounts:
    """How long a node took with its retries, and what came of its attempts but success."""

    __slots__ = ("_gave_up", "durations", "unsuccessful")

    def __init__(self) -> None:
        self.durations = Durations()
        self.unsuccessful = dict.fromkeys(_ENDS.values(), 0)
        self._gave_up = 0

    def gave_up(self) -> None:
        """Count that it took its time and came to nothing."""
        self._gave_up += 1

    def copy(self) -> "NodeCounts":
        """As it is now."""
        copied = NodeCounts()
        copied.durations, copied._gave_up = self.durations.copy(), self._gave_up
        copied.unsuccessful = self.unsuccessful.copy()
        return copied

    def attempts(self) -> dict[str, int]:
        """Attempts by how they ended."""
        return {"succeeded": sum(self.durations.counts) - self._gave_up, **self.unsuccessful}


class RunCounts:
    """Runs since the start: how they ended, those that were refused, and how many are under way or wait.

    `nodes` has those of the present plan, by id; from the one after `MOST_NODES` on they are together under "".
    """

    __slots__ = (
        "_durations", "_nodes", "active", "cancelled", "durations", "failed", "interrupted", "nodes", "refused",
        "succeeded",
    )  # fmt: skip

    def __init__(self) -> None:
        self.succeeded = self.failed = self.cancelled = self.interrupted = self.refused = self.active = 0
        self.durations = Durations()
        self.nodes: dict[str, NodeCounts] = {}
        self._nodes: dict[str, NodeCounts] = {}
        self._durations: dict[str, Durations] = {}  # of these: what every run asks for

    def follow(self, names: Iterable[str]) -> None:
        """Count the nodes of this plan from now on, and forget those that it has not."""
        known = self.nodes
        self._nodes, self.nodes = {}, {}
        for number, name in enumerate(names):
            told = name if number < MOST_NODES else ""
            if told not in self.nodes:
                self.nodes[told] = known.get(told) or NodeCounts()
            self._nodes[name] = self.nodes[told]
        self._durations = {name: counts.durations for name, counts in self._nodes.items()}

    def admit(self, most: int) -> None:
        """Count a run that begins. Raises `EngineBusyError` where there are `most` already."""
        if self.active >= most:
            self.refused += 1
            raise EngineBusyError(f"{self.active} runs are under way or waiting, which is the limit: try again later")
        self.active += 1

    def ended(self, result: RunResult | None) -> None:
        """Count a run that has ended; without a result it was interrupted."""
        self.active -= 1
        if result is None:
            self.interrupted += 1
            return
        self.durations.observe(result.timing.duration_ms)
        durations = self._durations
        for name, timing in result.node_timings.items():
            if name in durations:
                durations[name].observe(timing.duration_ms)
        if not result.errors:
            self.succeeded += 1
        elif result.cancelled:
            self.cancelled += 1
        else:
            self.failed += 1
        if result.errors or result.attempts:
            self._troubled(result)

    def _troubled(self, result: RunResult) -> None:
        for name in result.errors:
            if name in result.node_timings and name in self._nodes:
                self._nodes[name].gave_up()
        for attempt in result.attempts:
            if attempt.state in _ENDS and attempt.node in self._nodes:
                self._nodes[attempt.node].unsuccessful[_ENDS[attempt.state]] += 1

    @property
    def by_state(self) -> dict[str, int]:
        """Ended runs by the state they ended in."""
        return {
            "succeeded": self.succeeded,
            "failed": self.failed,
            "cancelled": self.cancelled,
            "interrupted": self.interrupted,
        }
