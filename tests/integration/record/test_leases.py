"""A durable run belongs to one engine at a time."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.integration.record.samples import CODE, NOW, accepted, finished, run_id

from pipedreamer.errors import LeaseLostError, RecordError, StaleError
from pipedreamer.record import Accepted, Attempt, Ended, Epoch, Finished, Progress, Query, Store, open_store

ATTEMPT = Attempt("read", 1, "ok", NOW, NOW + 1, b"1")
LAPSED = 0.001
"""A lease that ends at once, in seconds."""


async def test_what_an_engine_leaves_the_next_takes_over(store: Store, epoch: Epoch) -> None:
    first, second, done = accepted(1), accepted(2), accepted(3)
    await store.write([Accepted(first), Progress(first.id, ATTEMPT), Accepted(second), Accepted(done)], epoch)
    assert await store.renew(epoch, CODE.code) == (first.id, second.id, done.id)
    await store.write([Ended(done.id, "succeeded", NOW)], epoch)
    assert await store.renew(epoch, CODE.code) == (first.id, second.id)
    await store.leave(epoch)
    other = await store.join("other", "another workflow's", 60)
    assert await store.renew(other, CODE.code) == ()
    await store.leave(other)
    following = await store.join("flow", "the next", 60)
    assert await store.renew(following, CODE.code) == (first.id, second.id)
    begun = structs.replace(first, state="running", started_at=NOW, attempts=(ATTEMPT,))
    assert [await store.run("flow", one.id) for one in (first, second)] == [begun, second]
    end = Ended(first.id, "succeeded", NOW + 5)
    assert await store.write([end], following) == {}
    assert await store.renew(following, CODE.code) == (second.id,)
    with pytest.raises(LeaseLostError):
        await store.renew(epoch, CODE.code)
    assert [one.state for one in (await store.page(Query(workflow="flow", text=first.id))).summaries] == ["succeeded"]


async def test_an_engine_that_has_left_writes_no_more(store: Store, epoch: Epoch) -> None:
    run = accepted()
    await store.write([Accepted(run)], epoch)
    await store.leave(epoch)
    with pytest.raises(LeaseLostError):
        await store.write([Progress(run.id, ATTEMPT), Ended(run.id, "failed", NOW)], epoch)
    assert await store.run("flow", run.id) == run


async def test_a_lease_that_nobody_ended_is_renewed_late(store: Store) -> None:
    epoch = await store.join("flow", "slow", LAPSED)
    await asyncio.sleep(2 * LAPSED)
    await store.renew(epoch, CODE.code)
    assert await store.write([Accepted(accepted())], epoch) == {}


# A file has one engine


async def test_a_second_engine_is_told_who_has_the_file(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    async with open_store(file) as first, open_store(file) as second:
        epoch = await first.join("flow", "engine on port 8080", 60)
        with pytest.raises(RecordError, match=rf"in use by process {os.getpid()} \(engine on port 8080\); one engine"):
            await second.join("flow", "another", 60)
        await first.write([Finished(finished())], epoch)
        assert await second.run("flow", run_id(1)) == finished()
        await first.leave(epoch)
        assert (await second.join("flow", "another", 60)).workflow == "flow"


# A database has several

Engines = Callable[..., Any]


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engines]:
    """`store, epoch = await engine(lease)` is one more engine."""
    async with AsyncExitStack() as stack:

        async def started(lease: float = 60) -> tuple[Store, Epoch]:
            store = await stack.enter_async_context(open_store(database))
            return store, await store.join("flow", "one of several", lease)

        yield started


async def test_who_lost_its_runs_is_refused_and_hears_of_it(engine: Engines) -> None:
    slow, its = await engine(LAPSED)
    quick, mine = await engine()
    run = accepted()
    await slow.write([Accepted(run)], its)
    await asyncio.sleep(2 * LAPSED)
    assert await quick.renew(mine, CODE.code) == (run.id,)
    changes = [Progress(run.id, ATTEMPT), Ended(run.id, "failed", NOW), Accepted(accepted(2)), Finished(finished(3))]
    refused = await slow.write(changes, its, durable=True)
    assert {run: type(error) for run, error in refused.items()} == dict.fromkeys((run.id, run_id(2)), StaleError)
    assert await quick.run("flow", run.id) == run
    assert await quick.run("flow", run_id(3)) == finished(3)
    with pytest.raises(LeaseLostError, match="taken over"):
        await slow.renew(its, CODE.code)
    anew = await slow.join("flow", "again", 60)
    assert list(await slow.write([Progress(run.id, ATTEMPT)], anew)) == [run.id]
    assert await quick.write([Progress(run.id, ATTEMPT)], mine) == {}


async def test_many_that_take_over_at_once_get_each_run_once(engine: Engines) -> None:
    slow, its = await engine(LAPSED)
    runs = [accepted(number) for number in range(1, 60)]
    await slow.write([Accepted(run) for run in runs], its)
    await asyncio.sleep(2 * LAPSED)
    others = [await engine() for _ in range(5)]
    taken = await asyncio.gather(*(store.renew(epoch, CODE.code) for store, epoch in others))
    assert sorted(run for some in taken for run in some) == [run.id for run in runs]


async def test_an_engine_whose_lease_lasts_keeps_its_runs(engine: Engines) -> None:
    (one, its), (other, mine) = await engine(), await engine()
    await one.write([Accepted(accepted())], its)
    assert await other.renew(mine, CODE.code) == ()
    assert await one.write([Ended(run_id(1), "succeeded", NOW)], its) == {}


async def test_joining_anew_leaves_what_was_held(engine: Engines) -> None:
    store, its = await engine()
    await store.write([Accepted(accepted())], its)
    anew = await store.join("flow", "one of several", 60)
    assert list(await store.write([Ended(run_id(1), "failed", NOW)], anew)) == [run_id(1)]
    assert await store.renew(anew, CODE.code) == (run_id(1),)
    with pytest.raises(LeaseLostError):
        await store.renew(its, CODE.code)


async def test_runs_of_other_code_are_left_to_who_has_it_as_long_as_anybody_may(engine: Engines) -> None:
    lease = 0.5
    (gone, its), (same, theirs), (newer, mine) = await engine(), await engine(), await engine(lease)
    await same.renew(theirs, CODE.code)
    await gone.write([Accepted(accepted(number)) for number in (1, 2)], its)
    await gone.leave(its)
    assert await newer.renew(mine, "other") == ()
    await asyncio.sleep(7 * lease)
    assert await newer.renew(mine, "other") == ()
    assert await same.renew(theirs, CODE.code) == (run_id(1), run_id(2))
    await same.leave(theirs)
    assert await newer.renew(mine, "other") == ()
    await asyncio.sleep(7 * lease)
    assert await newer.renew(mine, "other") == (run_id(1), run_id(2))


async def test_a_key_is_taken_by_one_of_two_engines(engine: Engines) -> None:
    engines = [await engine() for _ in range(2)]
    for number in range(0, 40, 2):
        asked = [
            store.write([Accepted(accepted(number + which, key=f"k{number}"))], epoch)
            for which, (store, epoch) in enumerate(engines)
        ]
        assert sum(len(refused) for refused in await asyncio.gather(*asked)) == 1
