"""Every test of the record runs on each of its stores."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.record import Limits, Store, open_store

SMALL = Limits(inline=1000, value=10_000)
"""So that large values are quickly made."""

OpenStore = Callable[..., Any]


@pytest.fixture(params=["sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record may be made, different in every test."""
    return f"sqlite:{tmp_path / 'runs.db'}"


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
