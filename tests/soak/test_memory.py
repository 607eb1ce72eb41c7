"""A hundred thousand runs: every answer right, and neither memory nor open files grow."""

import asyncio
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Engine, Process, StartEngine
from tests.conftest import WriteWorkflow

RUNS = 100_000
CALLERS = 32
SAMPLE_EVERY = 5_000
WARM_UP = 20_000
"""Until then allocators, caches and threads may still grow."""
MOST_GROWTH = 6 * 1024 * 1024
"""By how many bytes memory may be more in the second half after the warm-up, each half at its lowest.

At its lowest, because workers that were just replaced are small, and collections of garbage come when they come.
"""
MOST_FILES = 4

READ = """\
async def run(ctx, input):
    ctx.log.info("reading", {"number": input["number"]})
    return {**input, "text": "x" * 1000}
"""
WORK = """\
import os

def run(ctx, input):
    if input["number"] % 50 == 7:
        raise ValueError(f"number {input['number']}")
    if input["crash"]:
        os._exit(9)
    return [input["number"], len(input["text"])]
"""
COUNT = """\
import asyncio

async def run(ctx, input):
    await asyncio.sleep(0)
    return sum(len(word) for word in input["text"].split()) + ctx.config["more"]
"""


@dataclass(frozen=True)
class Sample:
    """What there was after so many runs: memory of the engine and of the rest in bytes, and the engine's open files."""

    runs: int
    engine: int
    others: int
    files: int

    @property
    def whole(self) -> int:
        return self.engine + self.others

    def __str__(self) -> str:
        engine, others, whole = (f"{size / 1e6:.1f} MB" for size in (self.engine, self.others, self.whole))
        return f"{self.runs:>8,} runs: engine {engine}, others {others}, all {whole}, {self.files} open files"


def sample(engine: Engine, runs: int) -> Sample:
    return Sample(
        runs=runs,
        engine=memory(engine.process),
        others=sum(map(memory, engine.process.descendants)),
        files=len(os.listdir(f"/proc/{engine.process.pid}/fd")),  # noqa: PTH208 - how many is enough
    )


def memory(process: Process) -> int:
    """Its proportional set size, in bytes; 0 for one that has just ended."""
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    (line,) = [line for line in rollup.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) * 1024


class Series:
    """The runs, their callers and what they measure on the way."""

    def __init__(self, engine: Engine, crash_every: int) -> None:
        self.engine = engine
        self.crash_every = crash_every
        self.numbers = iter(range(1, RUNS + 1))
        self.answered = 0
        self.wrong: list[Any] = []
        self.samples: list[Sample] = []

    async def run(self) -> float:
        """Carry it out; how long it took, in seconds."""
        began = time.monotonic()
        await asyncio.gather(*(self._caller() for _ in range(CALLERS)))
        return time.monotonic() - began

    async def _caller(self) -> None:
        """One connection that is kept, one run after the other."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.engine.port)
        for number in self.numbers:
            crash = self.crash_every > 0 and number % self.crash_every == 0
            body = json.dumps({"number": number, "crash": crash}).encode()
            writer.write(b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            self._check(number, crash, json.loads(await reader.readexactly(length)))
        writer.close()
        await writer.wait_closed()

    def _check(self, number: int, crash: bool, answer: dict[str, Any]) -> None:
        if number % 50 == 7:
            right = answer["errors"] == {"work": f"ValueError: number {number} (nodes/work.py:5)"}
        elif crash:
            right = answer["errors"] == {"work": 'Node "work" lost its worker process, which exited with code 9'}
        else:
            right = answer["success"] and answer["outputs"]["work"] == [number, 1000]
            right = right and answer["outputs"]["count"] == 1001
        if not right:
            self.wrong.append(answer)
        self.answered += 1
        if self.answered % SAMPLE_EVERY == 0:
            self.samples.append(sample(self.engine, self.answered))


@pytest.mark.parametrize("crash_every", [0, 1000], ids=["no-crash", "one-in-1000-crashes"])
async def test_memory_is_flat_over_a_hundred_thousand_runs(
    write_workflow: WriteWorkflow, start: StartEngine, crash_every: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_workflow(
        {"read": READ, "work": WORK, "count": COUNT}, [("read", "work"), ("read", "count")], "config: {more: 1}"
    )
    engine = start("serve", folder, "--workers", "2")
    series = Series(engine, crash_every)
    seconds = await series.run()
    with capsys.disabled():
        print(f"\n{RUNS:,} runs in {seconds:.0f} s, {RUNS / seconds:,.0f} a second, crash every {crash_every} runs")  # noqa: T201
        print(*series.samples, sep="\n")  # noqa: T201 - the figures are what this is for
    assert series.wrong == []
    assert engine.metric("pipedreamer_worker_restarts_total") == (RUNS // crash_every if crash_every else 0)
    warm = [one for one in series.samples if one.runs > WARM_UP]
    first, second = warm[: len(warm) // 2], warm[len(warm) // 2 :]
    for kind in ("engine", "whole"):
        growth = min(getattr(one, kind) for one in second) - min(getattr(one, kind) for one in first)
        assert growth < MOST_GROWTH, f"{kind}: {growth / 1e6:.1f} MB more"
    still_all_callers = second[:-1]
    assert min(one.files for one in still_all_callers) <= min(one.files for one in first) + MOST_FILES
    assert len(engine.process.descendants) == 3
