"""Durable runs that pass from one engine to another, which share a PostgreSQL."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.conftest import Bench
from tests.integration.record.carrying import begun, engine, request, until, waiting_run
from tests.integration.record.conftest import StartEngine
from tests.proxy import Proxy, cuttable

from pipedreamer.errors import EngineBusyError
from pipedreamer.record import Accepted, open_store

LEASE = 3.0


@pytest.fixture
def place(database: str) -> str:
    return database


async def test_an_engine_that_was_there_before_takes_over_what_another_left(
    bench: Bench, start: StartEngine, place: str, tmp_path: Path
) -> None:
    other = await start(LEASE)
    async with engine(bench.session, place, LEASE) as leaving:
        run_id = await leaving.durable.accept(request(tmp_path, waits=1))
        await until(lambda: "b 1" in begun(tmp_path))
    (tmp_path / "signs" / "gate").touch()
    run = await other.ended(run_id)
    assert (run.state, begun(tmp_path)) == ("succeeded", ["a 1", "b 1", "b 2", "c 1"])
    assert other.said == ["going on with 1 unfinished run"]


async def test_an_engine_that_cannot_renew_has_stopped_its_nodes_when_another_takes_over(
    start: StartEngine, place: str, tmp_path: Path
) -> None:
    other = await start(LEASE)
    silent = await start(LEASE, silent=True)
    run_id = await silent.durable.accept(request(tmp_path, waits=1))
    await until(lambda: "b 2" in begun(tmp_path))
    assert silent.said == ["the lease on 1 durable runs has ended: they are stopped here"]
    last = (tmp_path / "signs" / "alive-1").read_text()
    await until(lambda: (tmp_path / "signs" / "alive-2").exists())
    assert last == (tmp_path / "signs" / "alive-1").read_text()
    with pytest.raises(EngineBusyError, match="no durable run begins"):
        await silent.durable.accept(request(tmp_path))
    (tmp_path / "signs" / "gate").touch()
    assert (await other.ended(run_id)).state == "succeeded"
    assert begun(tmp_path) == ["a 1", "b 1", "b 2", "c 1"]


@pytest.mark.parametrize("how", ["cut", "silence"])
async def test_an_engine_that_was_cut_off_joins_again_and_goes_on_where_nobody_else_has(
    start: StartEngine, place: str, postgres: int, tmp_path: Path, how: str
) -> None:
    with cuttable(postgres) as way:
        alone = await start(LEASE, at=through(way, place))
        run_id = await alone.durable.accept(request(tmp_path, waits=1))
        await until(lambda: "b 1" in begun(tmp_path))
        await asyncio.to_thread(getattr(way, how))
        await until(lambda: not alone.writer.lease.is_held)
        await asyncio.to_thread(way.heal)
        await until(lambda: "b 2" in begun(tmp_path))
        (tmp_path / "signs" / "gate").touch()
        assert (await alone.ended(run_id)).state == "succeeded"
        assert begun(tmp_path) == ["a 1", "b 1", "b 2", "c 1"]
        assert alone.said[-1] == "going on with 1 unfinished run"
        again = await alone.durable.accept(request(tmp_path))
        assert (await alone.ended(again)).state == "succeeded"


async def test_a_run_whose_code_no_engine_has_any_more_ends_as_interrupted(start: StartEngine, place: str) -> None:
    async with open_store(place) as store:
        epoch = await store.join("flow", "one of an older version", 60)
        run = waiting_run(b"{}")
        await store.write([Accepted(run)], epoch)
    newer = await start(0.5, code="other")
    ended = await newer.ended(run.id)
    assert ended.state == "interrupted"
    assert ended.error == "it began with version 1.0 (code c0de), and this engine has 1.0 (other); re-run it"


def through(way: Proxy, place: str) -> str:
    server, _, database = place.rpartition("/")
    return f"{server.rpartition(':')[0]}:{way.port}/{database}"
