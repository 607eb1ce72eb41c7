"""DBOS: workflows and steps in this process, every step written to a SQLite file."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dbos import DBOS

from benchmarks.others import steps, timing

source = DBOS.step()(steps.source)
tokenize = DBOS.step()(steps.tokenize)
report = DBOS.step()(steps.report)
add_one = DBOS.step()(steps.add_one)


@DBOS.step()
async def add_one_async(value: int) -> int:
    return steps.add_one(value)


@DBOS.workflow()
def word_count(text: str) -> dict[str, Any]:
    return report(tokenize(source({"text": text})))


@DBOS.workflow()
def sequence() -> int:
    value = 0
    for _ in range(steps.SEQUENCE):
        value = add_one(value)
    return value


@DBOS.workflow()
async def fan_out() -> int:
    value = await add_one_async(0)
    return sum(await asyncio.gather(*(add_one_async(value) for _ in range(steps.FAN_OUT))))


@contextlib.contextmanager
def started(folder: Path) -> Iterator[timing.Runs]:
    DBOS(
        config={
            "name": "word-counter",
            "system_database_url": f"sqlite:///{folder}/dbos.sqlite",
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    try:
        yield timing.Runs(word_count, sequence, lambda: asyncio.run(fan_out()))
    finally:
        DBOS.destroy()


if __name__ == "__main__":
    timing.main("dbos", started)
