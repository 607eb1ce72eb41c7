"""How the record of a running engine is told to be doing, on a real file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipedreamer.errors import RecordError
from pipedreamer.record import Accepted, Code, Run, Size, open_store
from pipedreamer.runtime.pool_executor import run_ids
from pipedreamer.runtime.recording import figures
from pipedreamer.runtime.recording.figures import RecordWatch
from pipedreamer.runtime.recording.writer import Writer
from pipedreamer.runtime.result import RunResult, Timing


class Gated:
    """A record on disk that can be made to wait or to fail."""

    def __init__(self, file: Path) -> None:
        self._store = open_store(str(file))
        self.gate = asyncio.Event()
        self.gate.set()
        self.trouble: RecordError | None = None
        self.sizes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def renew(self, *given: Any) -> Any:
        await self._pass()
        return await self._store.renew(*given)

    async def size(self) -> Size:
        self.sizes += 1
        await self._pass()
        return await self._store.size()

    async def write(self, *given: Any, **named: Any) -> Any:
        await self._pass()
        return await self._store.write(*given, **named)

    def write_now(self, *given: Any) -> Any:
        if self.trouble is not None:
            raise self.trouble
        return self._store.write_now(*given)

    async def _pass(self) -> None:
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[tuple[Gated, Writer, RecordWatch]]:
    store = Gated(file)
    async with Writer(store, "flow", "test") as writer:
        try:
            yield store, writer, RecordWatch(store, writer)
        finally:
            store.gate.set()


def accepted() -> Accepted:
    code = Code("1.0", "a" * 64, "b" * 64, "")
    run_id = next(run_ids())
    run = Run(id=run_id, workflow="flow", code=code, trigger="manual", state="accepted", durable=True, input=b"{}")
    return Accepted(run)


async def test_the_size_is_asked_for_once_however_often_it_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path / "runs.db") as (store, writer, watch):
        await writer.write(accepted(), durable=True)
        told = await asyncio.gather(*(watch() for _ in range(10)))
        again = await watch()
        assert store.sizes == 1
        assert {one.runs for one in (*told, again)} == {1}
        assert again.bytes is not None
        assert again.bytes > 0


async def test_nobody_waits_long_for_a_record_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "PATIENCE_S", 0.01)
    async with opened(tmp_path / "runs.db") as (store, _, watch):
        store.gate.clear()
        told = await watch()
        assert (told.bytes, told.runs) == (None, None)
        assert (await watch()).bytes is None
        assert store.sizes == 1
        store.gate.set()
        await asyncio.wait_for(_known(watch), 30)


async def _known(watch: RecordWatch) -> None:
    while (await watch()).bytes is None:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)


async def test_what_waits_and_for_how_long_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path / "runs.db") as (store, writer, watch):
        assert (await watch()).lag_s == 0
        store.gate.clear()
        writing = [writer.write(accepted()) for _ in range(3)]
        await asyncio.sleep(0)
        writing.append(writer.write(accepted()))
        while not (first := await watch()).lag_s:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        second = await watch()
        assert first.waiting == 4
        assert 0 < first.lag_s < second.lag_s
        store.gate.set()
        await asyncio.gather(*writing)
        after = await watch()
        assert (after.waiting, after.lag_s) == (0, 0)


async def test_trouble_is_told_until_a_write_succeeds(tmp_path: Path) -> None:
    async with opened(tmp_path / "runs.db") as (store, writer, watch):
        store.trouble = RecordError("the disk is full")
        with pytest.raises(RecordError):
            await writer.write(accepted())
        assert (await watch()).is_in_trouble
        assert (await watch()).bytes is None
        store.trouble = None
        await writer.write(accepted())
        assert not (await watch()).is_in_trouble


async def test_each_outage_is_told_to_whoever_did_not_ask_for_a_record(tmp_path: Path) -> None:
    store = Gated(tmp_path / "runs.db")
    said: list[str] = []
    timing = Timing(1000, 1001, 1)

    async def ends(writer: Writer) -> None:
        run = msgspec.structs.replace(accepted().run, state="succeeded", durable=False, started_at=1000, ended_at=1001)
        told: asyncio.Future[RunResult] = asyncio.get_running_loop().create_future()
        writer.finish(run, told, RunResult(run.id, "1.0", {}, {}, timing))
        assert (await told).success

    async with Writer(store, "flow", "test", said.append) as writer:
        watch = RecordWatch(store, writer)
        for trouble in (RecordError("the disk is full"), None, RecordError("the disk is full"), None):
            store.trouble = trouble
            await ends(writer)
            assert (await watch()).is_in_trouble == (trouble is not None)
    assert said == ["runs are not kept: the disk is full"] * 2


async def test_an_outage_that_a_renewal_met_is_over_with_the_next_that_does_not(tmp_path: Path) -> None:
    async with opened(tmp_path / "runs.db") as (store, writer, watch):
        store.trouble = RecordError("the server is gone")
        with pytest.raises(RecordError, match="the server is gone"):
            await writer.lease.renew("c0de")
        store.trouble = None
        assert (await watch()).is_in_trouble
        await writer.lease.renew("c0de")
        assert not (await watch()).is_in_trouble
