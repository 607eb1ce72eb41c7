"""The durations of recent runs as a small plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from typing import Any, Final

WIDTH: Final = 8
HEIGHT: Final = 48
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A run's column, in units of the plot."""

    run: Mapping[str, Any]
    x: int
    height: float


def share(ms: float, longest: float) -> float:
    """How much of the longest duration this is, in percent of its logarithm."""
    return max(1.0, round(100 * log1p(ms) / (log1p(longest) or 1), 1))


def columns(runs: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The newest on the right; heights by the logarithm, so that one slow run leaves the others to be seen."""
    shown = list(runs[:MOST])
    most = max((log1p(run["durationMs"] or 0) for run in shown), default=0) or 1
    return [
        Column(run, (MOST - 1 - index) * WIDTH, round(4 + (HEIGHT - 4) * log1p(run["durationMs"] or 0) / most, 1))
        for index, run in enumerate(shown)
    ]
