"""Engines within the test's process, over real workers and a real store that can be made to fail."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pipedreamer.errors import RecordError
from pipedreamer.record import Code, Epoch, Limits, Refusals, Run, Store, open_store
from pipedreamer.record.changes import Change
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.recording.durable import DurableRuns, Request
from pipedreamer.runtime.recording.entry import Facts
from pipedreamer.runtime.recording.events import Events
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.references import References
from pipedreamer.runtime.session import Session

CODE = "c0de"
STEP = """\
import asyncio, os, time
from pathlib import Path

async def run(ctx, input):
    signs = Path(input["signs"])
    with (signs / "begun").open("a") as file:
        file.write(f"{ctx.node} {ctx.attempt}\\n")
    while ctx.node == "b" and input.get("waits") and not (signs / "gate").exists():
        (signs / f"alive-{ctx.attempt}").write_text(str(time.time()))
        await asyncio.sleep(0.01)
    return {**input, ctx.node: ctx.attempt, "fill": "x" * input.get("more", 0)}
"""
FAILED = "the record in this test fails"


class Failing:
    """A store that fails to write what `when` says: before it is done, or with `late` after a `write`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.when: Callable[[Change], bool] = lambda _: False
        self.late = False
        self.error: Exception = RecordError(FAILED)
        self.failures = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write_now(self, changes: Sequence[Change], epoch: Epoch) -> bool:
        if any(map(self.when, changes)):
            self.failures += 1
            raise self.error
        return self._store.write_now(changes, epoch)

    async def write(self, changes: Sequence[Change], epoch: Epoch, *, durable: bool = False) -> Refusals:
        fails = any(map(self.when, changes))
        self.failures += fails
        if fails and not self.late:
            raise self.error
        refused = await self._store.write(changes, epoch, durable=durable)
        if fails:
            raise self.error
        return refused


@dataclasses.dataclass
class Engine:
    """What carries out runs, and what it said."""

    durable: DurableRuns
    writer: Writer
    store: Failing
    said: list[str]

    async def ended(self, run_id: str) -> Run:
        """The run, once it has ended."""
        async with asyncio.timeout(60):
            while True:
                run = await self.store.run("flow", run_id)
                if run is not None and run.is_finished:
                    assert isinstance(run, Run)
                    return run
                await asyncio.sleep(0.02)


@asynccontextmanager
async def engine(
    session: Session, place: str, lease: float = 60, *, silent: bool = False, code: str = CODE, at_once: int = 2
) -> AsyncIterator[Engine]:
    """It looks for runs as `serve` does, unless it is `silent`."""
    store = Failing(open_store(place, Limits(inline=1000, value=10_000)))
    async with Writer(store, "flow", "a test's", lease_s=lease) as writer:
        mask, events, said = Mask({}), Events(), list[str]()
        facts = Facts("flow", Code("1.0", code), References(await store.seal(), {}, mask), mask)
        lines = RunLines(lambda _: None, events)
        durable = DurableRuns(session, writer, lines, lambda: facts, at_once, said.append, frozenset)
        await durable.look()
        keeping = None if silent else asyncio.create_task(durable.keep())
        try:
            yield Engine(durable, writer, store, said)
        finally:
            if keeping is not None:
                keeping.cancel()
            await durable.close()


def request(folder: Path, **more: Any) -> Request:
    """For a run whose nodes leave signs in the folder."""
    fields = "".join(f', "{name}": {value}' for name, value in more.items())
    return Request(f'{{"signs": "{folder / "signs"}"{fields}}}'.encode())


def begun(folder: Path) -> list[str]:
    file = folder / "signs" / "begun"
    return file.read_text().splitlines() if file.exists() else []


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def waiting_run(given: bytes) -> Run:
    now = time.time_ns() // 1_000_000
    return Run(
        id=f"{now:012x}{'e' * 20}",
        workflow="flow",
        code=Code("1.0", CODE),
        trigger="manual",
        state="accepted",
        durable=True,
        input=given,
    )
