"""A hundred engines that are killed while they write: what they said to be stored is there, once."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration import postgresql
from tests.integration.record.killing import CODE, killed_after

from pipedreamer.record import Ended, Limits, Query, Store, open_store

KILLS = 100
MOST_RUNS = 300
"""Of an engine, before it is killed."""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        yield str(folder / "runs.db")
    else:
        with postgresql.running(folder) as server:
            yield f"postgresql://postgres@127.0.0.1:{server.port}/postgres"


async def test_every_acknowledged_run_is_there_once(place: str) -> None:
    moments = random.Random(place)  # noqa: S311 - any will do
    known: list[str] = []
    for _ in range(KILLS):
        known += await asyncio.to_thread(killed_after, place, "finished", moments.randrange(1, MOST_RUNS))
        async with open_store(place, Limits(inline=1000)) as store:
            assert all([await store.run("flow", run) is not None for run in known[-50:]])
    async with open_store(place, Limits(inline=1000)) as store:
        kept = await everything(store)
        assert set(known) <= set(kept)
        assert max(Counter(kept).values()) == 1
        assert (await store.size()).runs == len(kept)


async def test_every_durable_run_is_taken_over_once(place: str) -> None:
    moments = random.Random(place)  # noqa: S311 - any will do
    known: list[str] = []
    taken: Counter[str] = Counter()
    for _ in range(KILLS):
        known += await asyncio.to_thread(killed_after, place, "durable", moments.randrange(1, MOST_RUNS), lease=0.2)
        async with open_store(place, Limits(inline=1000)) as store:
            epoch = await store.join("flow", "the next", 60)
            while not set(known) <= set(taken):
                some = await store.renew(epoch, CODE)
                assert await store.write([Ended(run, "succeeded", 1) for run in some], epoch) == {}
                taken.update(some)
                await asyncio.sleep(0.05)
    assert max(taken.values()) == 1


async def everything(store: Store) -> list[str]:
    found: list[str] = []
    page = await store.page(Query(workflow="flow", limit=1000))
    while True:
        found += [summary.id for summary in page.summaries]
        if page.next is None:
            return found
        page = await store.page(Query(workflow="flow", limit=1000, before=page.next))
