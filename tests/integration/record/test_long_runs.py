"""Runs that somebody waits for: in the record while they go on where that takes long, and once at their end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from pipedreamer.errors import SandboxError
from pipedreamer.record import Code, Query, Run, Store, open_store
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.recording.entry import Facts
from pipedreamer.runtime.recording.events import Events
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.recorded import Recorded
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.references import References
from pipedreamer.runtime.result import RunResult, Timing

MASK = Mask({})
FACTS = Facts("flow", Code("1.0", "c"), References("5" * 16, {}, MASK), MASK)


class Gated:
    """An executor whose runs end when they are told to."""

    def __init__(self) -> None:
        self.ends: dict[str, asyncio.Future[RunResult]] = {}

    def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> asyncio.Future[RunResult]:
        del trigger_input
        assert run_id is not None
        self.ends[run_id] = asyncio.get_running_loop().create_future()
        return self.ends[run_id]

    def cancel(self, run_id: str) -> bool:
        return run_id in self.ends

    def end(self, run_id: str) -> RunResult:
        timing = Timing(int(run_id[:12], 16), int(run_id[:12], 16) + 100, 100)
        result = RunResult(run_id, "1.0", {"a": b"[1]"}, {}, timing, {"a": timing})
        self.ends[run_id].set_result(result)
        return result


@asynccontextmanager
async def recording(place: str) -> AsyncIterator[tuple[Recorded, Gated, Writer]]:
    async with Writer(open_store(place), "flow", "test") as writer:
        executor, lines = Gated(), RunLines(lambda _: None, Events())
        yield Recorded(executor, writer, lines, lambda: FACTS), executor, writer


async def until(found: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while not (value := await found()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return value


async def states(store: Store) -> list[tuple[str, str]]:
    return [(one.id, one.state) for one in (await store.page(Query(workflow="flow"))).summaries]


async def test_a_long_run_is_there_while_it_goes_on_and_once_at_its_end(place: str) -> None:
    async with recording(place) as (recorded, executor, writer):
        told = recorded.execute(b"[17]")
        (run_id,) = executor.ends
        assert await until(lambda: states(writer.store)) == [(run_id, "running")]
        recorded.lines(NodeLine(1.5, "info", "a", "hello", "flow", "1.0", run_id, 1))
        result = executor.end(run_id)
        assert await told is result
        assert await states(writer.store) == [(run_id, "succeeded")]
        run = await writer.store.run("flow", run_id)
        assert isinstance(run, Run)
        assert (run.input, run.durable, run.ended_at) == (b"[17]", False, result.timing.completed_at)
        assert [(one.node, one.state, one.output) for one in run.attempts] == [("a", "ok", b"[1]")]
        assert [line.message for line in run.lines] == ["hello"]
        assert [line.message for line in await writer.store.lines("flow", run_id)] == ["hello"]
        assert await writer.lease.renew("c") == ()


async def test_a_quick_run_is_written_once(place: str) -> None:
    async with recording(place) as (recorded, executor, writer):
        told = recorded.execute(b"1")
        (run_id,) = executor.ends
        assert [run.id for run in recorded.running()] == [run_id]
        executor.end(run_id)
        await told
        assert recorded.running() == []
        assert await states(writer.store) == [(run_id, "succeeded")]


async def test_a_run_that_could_not_be_carried_out_is_interrupted_and_has_an_end(place: str) -> None:
    async with recording(place) as (recorded, executor, writer):
        told = recorded.execute(b"1")
        (run_id,) = executor.ends
        executor.ends[run_id].set_exception(SandboxError("no worker can be started\nfor a reason"))
        error = await asyncio.wait_for(asyncio.gather(told, return_exceptions=True), 30)
        assert isinstance(error[0], SandboxError)
        run = await writer.store.run("flow", run_id)
        assert run is not None
        assert (run.state, run.error) == ("interrupted", "no worker can be started")
        assert run.ended_at is not None


async def test_a_long_run_is_under_way_until_its_end_is_written(place: str) -> None:
    async with recording(place) as (recorded, executor, writer):
        told = recorded.execute(b"1")
        (run_id,) = executor.ends
        await until(lambda: states(writer.store))
        executor.end(run_id)
        await asyncio.sleep(0)
        assert not told.done()
        assert recorded.names() == {run_id}
        await told
        await asyncio.sleep(0)
        assert recorded.names() == frozenset()
