"""word-counter under load: the ceiling and the engine in turns, each alone on the machine while it is measured."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes, servers, wrk
from benchmarks.budget import Budget
from benchmarks.results import CEILING, DBOS, OURS, Figure, Goal, Load, Results, System, median_load


@dataclass(frozen=True, slots=True)
class _Candidate:
    system: str
    start: Callable[[], contextlib.AbstractContextManager[servers.Server]]
    note: Callable[[servers.Server], str]
    goal: float | None = 0.75
    durable: bool = False


def _engine(
    system: str,
    folder: Path,
    *options: str,
    goal: float | None = 0.75,
    note: str = "keeps every run",
    durable: bool = False,
) -> _Candidate:
    return _Candidate(
        system,
        lambda: servers.served(folder, "--workers", options[0], *options[1:]),
        lambda server: f"{note}; sandbox: {server.layers()}",
        goal,
        durable,
    )


DURABLE = f"{OURS}, durable"

CANDIDATES = (
    _Candidate(CEILING, servers.ceiling, lambda _: "the ceiling: parses JSON and answers JSON, runs nothing"),
    _engine(f"{OURS}, 1 worker", servers.WORD_COUNTER, "1"),
    _engine(f"{OURS}, 2 workers", servers.WORD_COUNTER, "2"),
    _engine(f"{OURS}, no record", servers.WORD_COUNTER, "1", "--record", "none", goal=None, note="keeps no run"),
    _engine(f"{OURS}, TypeScript", servers.TYPESCRIPT, "1", goal=0.38),
    _engine(
        DURABLE,
        servers.WORD_COUNTER,
        "1",
        goal=None,
        note="every run is on the disk before it begins, and each step in SQLite before the next",
        durable=True,
    ),
)


def measure(budget: Budget) -> Results:
    """Loads with 1 and 16 connections, and the engine's share of the ceiling."""
    if not wrk.found():
        return Results(missing=["throughput: no wrk on the PATH; `SYSTEM=1 make components` installs it"])
    results = Results()
    rounds = [_round(candidate, budget, results) for _ in range(budget.rounds) for candidate in CANDIDATES]
    for candidate in CANDIDATES:
        own = [loads for loads in rounds if loads[0].system == candidate.system]
        results.loads += [median_load(same) for same in zip(*own, strict=True)]
    results.figures += _shares(results)
    return results


def beside_dbos(results: Results) -> list[Figure]:
    """Durable runs against those of DBOS, where both were measured."""
    ours, theirs = results.load(DURABLE, 16), results.load(DBOS, 16)
    if ours is None or theirs is None:
        return []
    times = ours.runs_per_second / theirs.runs_per_second
    return [Figure("durable runs/s, of DBOS's", DURABLE, times, "x", Goal(100, at_least=True))]


def _round(candidate: _Candidate, budget: Budget, results: Results) -> tuple[Load, ...]:
    with candidate.start() as server:
        results.add(Results(systems=[System(candidate.system, candidate.note(server))]))
        wrk.load(server.port, servers.BODY, connections=16, seconds=1)
        one = _load(candidate, server, 1, max(1, budget.load_seconds // 3))
        return one, _load(candidate, server, 16, budget.load_seconds)


def _load(candidate: _Candidate, server: servers.Server, connections: int, seconds: int) -> Load:
    before = processes.processor_seconds(server.pid)
    answered = wrk.load(server.port, servers.BODY, connections=connections, seconds=seconds, durable=candidate.durable)
    taken = processes.processor_seconds(server.pid) - before
    return Load(
        system=candidate.system,
        at_once=connections,
        runs=answered.runs,
        runs_per_second=answered.runs_per_second,
        p50_ms=answered.p50_ms,
        p99_ms=answered.p99_ms,
        processor_us=taken * 1e6 / answered.runs,
        memory_mb=processes.memory_mb(server.pid),
    )


def _shares(results: Results) -> list[Figure]:
    """The goals are named for 16 at once, and for the memory of one worker."""
    top, *ours = (load for load in results.loads if load.at_once == 16)
    goals = {candidate.system: candidate.goal for candidate in CANDIDATES}
    figures = []
    for load in ours:
        share, limit = load.runs_per_second / top.runs_per_second, goals[load.system]
        goal = None if limit is None else Goal(limit, at_least=True)
        figures.append(Figure("runs/s, of the ceiling's", load.system, share, "", goal))
        if goal and load.p99_ms and top.p99_ms:
            figures.append(Figure("p99, of the ceiling's", load.system, load.p99_ms / top.p99_ms, "", Goal(2)))
        cost = load.processor_us / top.processor_us
        figures.append(Figure("processor time a run, of the ceiling's", load.system, cost, ""))
    if ours[0].memory_mb is not None:
        figures.append(Figure("memory, engine and one worker", ours[0].system, ours[0].memory_mb, "MB", Goal(103)))
    return figures
