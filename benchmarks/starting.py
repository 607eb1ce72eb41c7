"""How long starting takes: the engine, the program's help, and the plan of a large workflow."""

import statistics
import subprocess
import time

from benchmarks import folders, servers
from benchmarks.budget import Budget
from benchmarks.results import CEILING, OURS, Figure, Goal, Results
from pipedreamer.dag import compile_plan
from pipedreamer.spec import load

FIRST_ANSWER = "start to first answered run"


def measure(budget: Budget) -> Results:
    """Medians of several starts, and of readings of 1,000 and 10,000 nodes."""
    ceiling, ours, typescript = [], [], []
    for _ in range(budget.starts):
        with servers.ceiling() as server:
            ceiling.append(server.started_ms)
        with servers.served(servers.WORD_COUNTER) as server:
            ours.append(server.started_ms)
        with servers.served(servers.TYPESCRIPT) as server:
            typescript.append(server.started_ms)
    help_ms = statistics.median(_help_ms() for _ in range(budget.starts))
    small, large = (statistics.median(_plan_ms(count) for _ in range(3)) for count in (1_000, 10_000))
    return Results(
        figures=[
            Figure(FIRST_ANSWER, CEILING, statistics.median(ceiling), "ms"),
            Figure(FIRST_ANSWER, OURS, statistics.median(ours), "ms", Goal(300)),
            Figure(FIRST_ANSWER, f"{OURS}, TypeScript", statistics.median(typescript), "ms", Goal(400)),
            Figure("pipedreamer --help", OURS, help_ms, "ms", Goal(150)),
            Figure("10,000 nodes read, checked and compiled", OURS, large, "ms", Goal(1000)),
            Figure("10,000 nodes take longer than 1,000 by", OURS, large / small, "x"),
        ]
    )


def _help_ms() -> float:
    began = time.perf_counter()
    subprocess.run([servers.PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def _plan_ms(count: int) -> float:
    text = folders.tree(count)
    began = time.perf_counter()
    compile_plan(load(text, "workflow.yaml"))
    return (time.perf_counter() - began) * 1000
