"""How long one run of many nodes takes, as its caller sees it."""

import statistics
import tempfile
from pathlib import Path

from benchmarks import folders, servers
from benchmarks.budget import Budget
from benchmarks.results import OURS, Figure, Goal, Results

SEQUENCE = "40 tiny nodes in sequence"
DURABLE = f"{SEQUENCE}, durable"
FAN_OUT = "fan-out to 100 tiny nodes"
LAYERS = "1,000 nodes in 25 layers"

_SHAPES = (
    (SEQUENCE, folders.sequence(40), Goal(20), False),
    (DURABLE, folders.sequence(40), Goal(100), True),
    (FAN_OUT, folders.fan_out(100), Goal(50), False),
    (LAYERS, folders.layers(), None, False),
)


def measure(budget: Budget) -> Results:
    """The median of each shape."""
    results = Results()
    for what, shape, goal, durable in _SHAPES:
        results.figures.append(Figure(what, OURS, _median_ms(shape, budget.single_runs, durable), "ms", goal))
    return results


def _median_ms(shape: folders.Shape, runs: int, durable: bool) -> float:
    """Of runs one after the other on one worker, over one connection, after one that is checked."""
    with tempfile.TemporaryDirectory() as made:
        folder = folders.write(shape, Path(made) / "workflow")
        with servers.served(folder, "--workers", "1", body=b"0") as server, server.caller() as caller:
            value = caller.outputs(b"0")[shape.last]
            if value != shape.expected:
                raise RuntimeError(f"{shape.last} returned {value}, not {shape.expected}")
            return statistics.median(caller.run_ms(b"0", durable=durable) for _ in range(runs))
