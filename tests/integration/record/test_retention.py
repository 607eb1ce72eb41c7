"""What is too old or too much is removed, a little at a time, and with all that belongs to it."""

import asyncio
from pathlib import Path

import pytest
from tests.integration.record.samples import DAY, NOW, accepted, finished, run_id

from pipedreamer.record import (
    Accepted,
    Attempt,
    Ended,
    Epoch,
    Finished,
    Limits,
    Line,
    Progress,
    Query,
    Retention,
    Said,
    Store,
    open_store,
)

BIG = b'"' + b"x" * 3000 + b'"'


async def test_runs_past_their_age_are_removed(store: Store, epoch: Epoch) -> None:
    old = [finished(number, at=NOW - 40 * DAY) for number in range(1, 4)]
    new = [finished(number, at=NOW - 20 * DAY) for number in range(4, 7)]
    await store.write([Finished(run) for run in (*old, *new)], epoch)
    assert await prune(store, epoch, Retention(runs=None)) == 3
    assert await listed(store) == [run.id for run in reversed(new)]
    assert (await store.size()).runs == 3


async def test_runs_past_their_number_are_removed_oldest_first(store: Store, epoch: Epoch) -> None:
    await store.write([Finished(finished(number)) for number in range(1, 301)], epoch)
    keep = Retention(age=None, runs=12)
    steps = [await store.prune(epoch, NOW, keep) for _ in range(3)]
    assert (sum(steps), steps[-1]) == (288, 0)
    assert max(steps) <= 200
    assert await listed(store) == [run_id(number) for number in range(300, 288, -1)]


async def test_without_limits_all_is_kept(store: Store, epoch: Epoch) -> None:
    await store.write([Finished(finished(1, at=0))], epoch)
    assert await prune(store, epoch, Retention(age=None, runs=None)) == 0
    assert (await store.size()).runs == 1


async def test_runs_are_counted_right_after_all_were_removed(store: Store, epoch: Epoch) -> None:
    for first in (1, 11):
        await store.write([Finished(finished(number)) for number in range(first, first + 10)], epoch)
        await store.write([Finished(finished(first))], epoch)
        assert (await store.size()).runs == 10
        assert await prune(store, epoch, Retention(age=None, runs=0)) == 10
        assert (await store.size()).runs == 0


async def test_unfinished_runs_are_never_removed(store: Store, epoch: Epoch) -> None:
    runs = [accepted(1), accepted(2, state="running"), accepted(3)]
    await store.write([Accepted(run) for run in runs], epoch)
    await store.write([Ended(run_id(3), "succeeded", NOW), Finished(finished(4))], epoch)
    assert await prune(store, epoch, Retention(age=0, runs=0), now=NOW + DAY) == 2
    assert await listed(store) == [run_id(2), run_id(1)]
    assert await store.write([Ended(run_id(1), "failed", NOW)], epoch) == {}
    assert await prune(store, epoch, Retention(age=0, runs=0), now=NOW + DAY) == 1


async def test_all_that_belongs_to_a_run_goes_with_it(store: Store, epoch: Epoch) -> None:
    empty = await parts(store, run_id(1))
    run = accepted(1, input=BIG, key="k")
    line = Line(1, NOW, "read", 1, "info", "a line")
    output = Attempt("read", 1, "ok", NOW, NOW + 1, BIG)
    await store.write([Accepted(run), Progress(run.id, output), Said(run.id, (line,))], epoch)
    await store.write([Ended(run.id, "succeeded", NOW), Finished(finished(2, key="l", input=BIG))], epoch)
    assert await parts(store, run.id) != empty
    assert await prune(store, epoch, Retention(age=None, runs=0)) == 2
    assert await parts(store, run.id) == empty
    again = accepted(1, key="k")
    assert await store.write([Accepted(again)], epoch) == {}
    assert await store.run("flow", run.id) == again


async def test_large_values_count_in_the_size_and_leave_the_folder(tmp_path: Path) -> None:
    async with open_store(tmp_path / "runs.db", Limits(inline=1000)) as store:
        epoch = await store.join("flow", "the tests", 60)
        before = (await store.size()).bytes
        big = b'"' + b"x" * 1_000_000 + b'"'
        await store.write([Finished(finished(1, input=big))], epoch)
        assert (await store.size()).bytes - before >= len(big)
        assert len(list((tmp_path / "runs.db.values").iterdir())) == 1
        await prune(store, epoch, Retention(age=None, runs=0))
        assert list((tmp_path / "runs.db.values").iterdir()) == []
        assert (await store.size()).bytes - before < len(big)


async def test_workflows_of_a_database_are_counted_each_for_itself(database: str) -> None:
    async with open_store(database) as store, open_store(database) as another:
        epoch, other = await store.join("flow", "one", 60), await another.join("other", "two", 60)
        await store.write([Finished(finished(number)) for number in range(1, 6)], epoch)
        await another.write([Finished(finished(number, workflow="other")) for number in range(6, 11)], other)
        assert await prune(store, epoch, Retention(age=None, runs=3)) == 2
        assert len((await store.page(Query(workflow="other"))).summaries) == 5
        assert (await store.size()).runs == 8


async def test_engines_that_prune_at_once_remove_no_run_too_much(database: str) -> None:
    async with open_store(database) as store, open_store(database) as another:
        epoch, its = await store.join("flow", "one", 60), await another.join("flow", "two", 60)
        await store.write([Finished(finished(number)) for number in range(1, 900)], epoch)
        keep = Retention(age=None, runs=100)
        removed = 0
        while some := sum(await asyncio.gather(store.prune(epoch, NOW, keep), another.prune(its, NOW, keep))):
            removed += some
        assert removed == 799
        assert (await store.size()).runs == 100


@pytest.mark.parametrize("keep", [Retention(age=0), Retention(age=1e12)])
async def test_any_age_may_be_asked_for(store: Store, epoch: Epoch, keep: Retention) -> None:
    await store.write([Finished(finished())], epoch)
    assert await prune(store, epoch, keep, now=NOW + DAY) == (keep.age == 0)


async def prune(store: Store, epoch: Epoch, keep: Retention, now: int = NOW) -> int:
    """All steps of it."""
    removed = 0
    while some := await store.prune(epoch, now, keep):
        removed += some
    return removed


async def listed(store: Store) -> list[str]:
    return [one.id for one in (await store.page(Query(workflow="flow", limit=1000))).summaries]


async def parts(store: Store, run: str) -> tuple[object, ...]:
    """What is found of it wherever something may lie."""
    return await store.run("flow", run), await store.lines("flow", run), await store.find_key("flow", "k")
