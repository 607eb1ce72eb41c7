"""What was acknowledged is there after `kill -9`, once; what was durable is taken over, once."""

import asyncio

import pytest
from tests.integration.record.conftest import OpenStore
from tests.integration.record.killing import CODE, killed_after

from pipedreamer.record import Query, Store, Summary


@pytest.mark.parametrize("runs", [1, 7, 60])
async def test_every_acknowledged_run_is_there_once(place: str, open_at: OpenStore, runs: int) -> None:
    known = await asyncio.to_thread(killed_after, place, "finished", runs)
    store = await open_at()
    kept = [summary.id for summary in await everything(store)]
    assert len(known) >= runs
    assert len(set(kept)) == len(kept)
    assert set(known) <= set(kept)
    assert all([await store.run("flow", run) is not None for run in kept])


async def test_durable_runs_of_a_killed_engine_are_taken_over_once(place: str, open_at: OpenStore) -> None:
    known = await asyncio.to_thread(killed_after, place, "durable", 20)
    store = await open_at()
    epoch = await store.join("flow", "the next", 60)
    taken: tuple[str, ...] = ()
    async with asyncio.timeout(60):
        while not taken:
            taken = await store.renew(epoch, CODE)
            await asyncio.sleep(0.05)
    assert set(known) <= set(taken)
    runs = [await store.run("flow", run) for run in taken]
    assert all(run is not None and len(run.attempts) == 1 and run.input for run in runs)


async def everything(store: Store) -> list[Summary]:
    """All runs there are, page after page."""
    found: list[Summary] = []
    page = await store.page(Query(workflow="flow"))
    while True:
        found += page.summaries
        if page.next is None:
            return found
        page = await store.page(Query(workflow="flow", before=page.next))
