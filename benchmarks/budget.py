"""How long a measure may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds of load, and how often things are repeated; a load has a second of warming up before it."""

    load_seconds: int
    rounds: int
    single_runs: int
    starts: int
    other_seconds: int


FULL = Budget(load_seconds=6, rounds=3, single_runs=21, starts=9, other_seconds=5)
QUICK = Budget(load_seconds=1, rounds=3, single_runs=5, starts=3, other_seconds=2)
