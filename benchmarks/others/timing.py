"""Times a system that runs in this process and the ones below it, and prints what came of it as JSON."""

import argparse
import contextlib
import contextvars
import importlib.metadata
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.others import steps
from benchmarks.results import Load, percentile

_FEWEST_FOR_P99 = 100
_MOST_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Runs:
    """What a system does, each a call that returns when the run has ended; any thread may call."""

    word_count: Callable[[str], dict[str, Any]]
    sequence: Callable[[], int]
    fan_out: Callable[[], int]


Start = Callable[[Path], contextlib.AbstractContextManager[Runs]]


def main(package: str, start: Start) -> None:
    """The program: `start` gets a folder of its own, and `package` names whose version is told."""
    options = argparse.ArgumentParser()
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--seconds", type=float, required=True, help="of load")
    options.add_argument("--began", type=float, required=True, help="the monotonic clock when this process was started")
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with start(given.folder) as runs:
        measured = _measured(runs, given.seconds, given.began)
    print(json.dumps(measured | {"version": importlib.metadata.version(package)}), flush=True)


def _measured(runs: Runs, seconds: float, began: float) -> dict[str, Any]:
    _count(runs)
    first_ms = (time.monotonic() - began) * 1000
    loads = [_load(runs, at_once, seconds) for at_once in (1, 16)]
    return {
        "first_ms": first_ms,
        "loads": [asdict(load) for load in loads],
        "sequence_ms": _median_ms(runs.sequence, steps.SEQUENCE, seconds),
        "fan_out_ms": _median_ms(runs.fan_out, 2 * steps.FAN_OUT, seconds),
    }


def _count(runs: Runs) -> None:
    report = runs.word_count(steps.TEXT)
    if report["totalWords"] != steps.WORDS:
        raise RuntimeError(f"the report is {report}")


def _load(runs: Runs, at_once: int, seconds: float) -> Load:
    """Callers that call again as soon as they are answered; a run that has begun is waited for and counts."""
    before = processes.processor_seconds(os.getpid())
    began = time.perf_counter()

    def call() -> list[float]:
        times = []
        while (called := time.perf_counter()) < began + seconds:
            _count(runs)
            times.append((time.perf_counter() - called) * 1000)
        return times

    with ThreadPoolExecutor(at_once) as pool:
        callers = [pool.submit(contextvars.copy_context().run, call) for _ in range(at_once)]
        times = [each for caller in callers for each in caller.result()]
    passed = time.perf_counter() - began
    return Load(
        system="",
        at_once=at_once,
        runs=len(times),
        runs_per_second=len(times) / passed,
        p50_ms=percentile(times, 50),
        p99_ms=percentile(times, 99) if len(times) >= _FEWEST_FOR_P99 else None,
        processor_us=(processes.processor_seconds(os.getpid()) - before) * 1e6 / len(times),
        memory_mb=processes.memory_mb(os.getpid()),
    )


def _median_ms(run: Callable[[], int], expected: int, seconds: float) -> float:
    """Of up to five runs, as many as begin within the time."""
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < _MOST_REPEATS and (not times or time.perf_counter() < began + seconds):
        called = time.perf_counter()
        value = run()
        times.append((time.perf_counter() - called) * 1000)
        if value != expected:
            raise RuntimeError(f"the result is {value}, not {expected}")
    return statistics.median(times)
