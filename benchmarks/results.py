"""What was measured: loads, single figures, and what could not be measured."""

import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

CEILING = "uvicorn, raw ASGI"
OURS = "pipedreamer"
DBOS = "DBOS on SQLite"


@dataclass(frozen=True, slots=True)
class System:
    """Something that was measured, and what it leaves out or does more than the others."""

    name: str
    note: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """Finished runs of word-counter.

    `p99_ms` is None where there were too few runs to say it, `memory_mb` where we may not see all processes.
    """

    system: str
    at_once: int
    runs: int
    runs_per_second: float
    p50_ms: float
    p99_ms: float | None
    processor_us: float
    memory_mb: float | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit, which `at_least` or at most is to be reached."""

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, in `unit`, of one system."""

    what: str
    system: str
    value: float
    unit: str
    goal: Goal | None = None


@dataclass(slots=True)
class Results:
    """Everything of one call of the program, in the order it was measured.

    `missing` says what is not installed and how to get it, `broken` what failed.
    """

    systems: list[System] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    machine: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Results") -> None:
        self.systems += [system for system in other.systems if system not in self.systems]
        self.loads += other.loads
        self.figures += other.figures
        self.missing += other.missing
        self.broken += other.broken

    def load(self, system: str, at_once: int) -> Load | None:
        found = (load for load in self.loads if (load.system, load.at_once) == (system, at_once))
        return next(found, None)

    def json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


def median_load(rounds: Sequence[Load]) -> Load:
    """One load for several of the same kind, each number the median of its own."""
    first = rounds[0]
    return Load(
        system=first.system,
        at_once=first.at_once,
        runs=sum(load.runs for load in rounds),
        runs_per_second=statistics.median(load.runs_per_second for load in rounds),
        p50_ms=statistics.median(load.p50_ms for load in rounds),
        p99_ms=_known_median(load.p99_ms for load in rounds),
        processor_us=statistics.median(load.processor_us for load in rounds),
        memory_mb=_known_median(load.memory_mb for load in rounds),
    )


def _known_median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
