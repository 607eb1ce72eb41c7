"""How long lists and single runs take to read from a record of many runs.

    python -m benchmarks.record.pages FILE|postgresql://... [RUNS]

Makes the record where there is none: 10,000,000 runs take a quarter of an hour and 10 GB.
"""

import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.record.filling import APART, START, WORKFLOW, fill, run_id
from pipedreamer.errors import RecordError
from pipedreamer.record import Query, Retention, Store, open_store

TIMES = 30


def queries(runs: int) -> dict[str, Query]:
    newest = START + runs * APART
    filters: dict[str, dict[str, Any]] = {
        "newest": {},
        "page in the middle": {"before": run_id(runs // 2)},
        "failed": {"states": ("failed",)},
        "cancelled (40, the oldest)": {"states": ("cancelled",)},
        "interrupted (none)": {"states": ("interrupted",)},
        "running (none)": {"states": ("accepted", "running")},
        "cron": {"triggers": ("cron",)},
        "manual (19, the oldest)": {"triggers": ("manual",)},
        "version 1.0 (the old third)": {"versions": ("1.0",)},
        "version 0.9 (3, the oldest)": {"versions": ("0.9",)},
        "the last hour": {"since": newest - 3_600_000},
        "an hour in the middle": {"since": newest - runs * APART // 2, "until": newest - runs * APART // 2 + 3_600_000},
        "failed, manual, 0.9, any time": {"states": ("failed",), "triggers": ("manual",), "versions": ("0.9",)},
        "failed, cron (none)": {"states": ("failed",), "triggers": ("cron",)},
        "failed 1.0 before the middle": {
            "states": ("failed",),
            "versions": ("1.0",),
            "until": START + runs * APART // 2,
        },
        "id": {"text": run_id(runs // 3)},
        "text in an error (each has it)": {"text": "not what it should"},
        "text in an error (none has it)": {"text": "nowhere"},
    }
    return {name: Query(workflow=WORKFLOW, **given) for name, given in filters.items()}


async def timed(name: str, ask: Callable[[int], Awaitable[object]]) -> None:
    took = []
    for number in range(TIMES):
        began = time.perf_counter()
        await ask(number)
        took.append((time.perf_counter() - began) * 1000)
    print(f"{name:<34} {took[0]:>9.1f} {statistics.median(took):>9.1f} {max(took):>9.1f}")


async def main(place: str, runs: int) -> None:
    try:
        async with open_store(place, create=False):
            pass
    except RecordError:
        began = time.perf_counter()
        await fill(place, runs)
        print(f"{runs:,} runs made in {time.perf_counter() - began:.0f} s")
    async with open_store(place) as store:
        size = await store.size()
        print(f"{size.runs:,} runs, {size.bytes / 1e9:.1f} GB\n\n{'ms':<34} {'first':>9} {'median':>9} {'longest':>9}")
        for name, query in queries(size.runs).items():
            await timed(name, partial(page, store, query))
        await timed("a run, each another", lambda number: detail(store, 1 + number * (size.runs // TIMES)))
        await timed("size", lambda _: store.size())
        epoch = await store.join(WORKFLOW, "benchmark", 600)
        await timed("a step of retention (200 runs)", lambda _: store.prune(epoch, 0, Retention(age=None, runs=1)))


async def page(store: Store, query: Query, _: int) -> object:
    return await store.page(query)


async def detail(store: Store, number: int) -> None:
    if await store.run(WORKFLOW, run_id(number)) is None:
        raise RuntimeError(f"run {number} is missing")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    given = sys.argv[1]
    place = given if "://" in given else str(Path(given).absolute())
    uvloop.run(main(place, int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000))
