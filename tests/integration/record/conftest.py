"""Every test of the record runs on each of its stores."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.conftest import WriteWorkflow
from tests.integration.conftest import Bench, StartSession
from tests.integration.record.carrying import STEP, Engine, engine

from pipedreamer.record import Epoch, Limits, Store, open_store
from pipedreamer.runtime.capacity import Capacity

SMALL = Limits(inline=1000, value=10_000)
"""So that large values are quickly made."""

OpenStore = Callable[..., Any]
StartEngine = Callable[..., Any]
_COUNT = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record may be made, different in every test."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'runs.db'}"
    return str(request.getfixturevalue("database"))


@pytest.fixture
def database(postgres: int) -> str:
    """The URL of an empty database."""
    name = f"record_{next(_COUNT)}"
    asyncio.run(administer(f"postgresql://postgres@127.0.0.1:{postgres}/postgres", f"CREATE DATABASE {name}"))
    return f"postgresql://postgres@127.0.0.1:{postgres}/{name}"


async def administer(url: str, *statements: str) -> list[Any]:
    """Carry them out, past any store; the rows of the last."""
    connection = await asyncpg.connect(url)
    try:
        rows: list[Any] = []
        for statement in statements:
            rows = await connection.fetch(statement)
    finally:
        await connection.close()
    return rows


@pytest.fixture
async def open_at(place: str) -> AsyncIterator[OpenStore]:
    """`await open_at()` opens one more store at the same place."""
    async with AsyncExitStack() as stack:

        async def opened(limits: Limits = SMALL, **given: Any) -> Store:
            return await stack.enter_async_context(open_store(place, limits, **given))

        yield opened


@pytest.fixture
async def store(open_at: OpenStore) -> Store:
    opened: Store = await open_at()
    return opened


@pytest.fixture
async def epoch(store: Store) -> Epoch:
    return await store.join("flow", "the tests", 60)


@pytest.fixture
async def bench(write_workflow: WriteWorkflow, start_session: StartSession) -> Bench:
    flow = write_workflow(dict.fromkeys("abc", STEP), edges=[("a", "b"), ("b", "c")])
    started: Bench = await start_session(flow, Capacity(workers=1, running=2, waiting=0))
    return started


@pytest.fixture
async def start(bench: Bench, place: str, tmp_path: Path) -> AsyncIterator[StartEngine]:
    """`await start(lease=3, silent=True)` is an engine over the same workers (see `engine`), at `place` or `at`."""
    (tmp_path / "signs").mkdir()
    async with AsyncExitStack() as stack:

        async def started(lease: float = 60, *, at: str = "", **given: Any) -> Engine:
            return await stack.enter_async_context(engine(bench.session, at or place, lease, **given))

        yield started
