"""Nodes that compute: whether two workers use two processors."""

import concurrent.futures
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import folders, servers
from benchmarks.budget import Budget
from benchmarks.results import OURS, Figure, Results

AT_ONCE = 8
_NODE_MS = 50


def measure(budget: Budget) -> Results:
    """Eight runs at once of a node that takes about 50 ms of a processor, on one worker and on two in turns."""
    repeats = max(3, budget.single_runs // 3)
    with tempfile.TemporaryDirectory() as made:
        folder = folders.write(folders.computing(), Path(made) / "workflow")
        with (
            servers.served(folder, "--workers", "1", body=b"0") as one_worker,
            servers.served(folder, "--workers", "2", body=b"0") as two_workers,
        ):
            body = _body_for(one_worker, _NODE_MS)
            turns = [(_all_ms(one_worker, body), _all_ms(two_workers, body)) for _ in range(repeats)]
    one, two = map(statistics.median, zip(*turns, strict=True))
    return Results(
        figures=[
            Figure(f"{AT_ONCE} nodes of 50 ms at once, 1 worker", OURS, one, "ms"),
            Figure(f"{AT_ONCE} nodes of 50 ms at once, 2 workers", OURS, two, "ms"),
            Figure("two workers are faster by", OURS, one / two, "x"),
        ]
    )


def _body_for(server: servers.Server, milliseconds: float) -> bytes:
    """How often the node has to go round to take that long, by the best of many shorter runs."""
    rounds = 100_000
    with server.caller() as caller:
        best = min(caller.run_ms(b"%d" % rounds) for _ in range(30))
    return b"%d" % (rounds * milliseconds / best)


def _all_ms(server: servers.Server, body: bytes) -> float:
    """From the first call to the last answer."""

    def call() -> None:
        with server.caller() as caller:
            caller.run(body)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter()
        for made in [pool.submit(call) for _ in range(AT_ONCE)]:
            made.result()
        return (time.perf_counter() - began) * 1000
