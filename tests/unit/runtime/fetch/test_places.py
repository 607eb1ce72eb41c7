"""Who may fetch now, and who waits."""

import asyncio
from collections.abc import Callable

import pytest

from pipedreamer import FetchError
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.places import Places

LIMITS = FetchLimits(at_once=3, at_once_a_worker=2, waiting=2, bytes_waiting=100)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_worker_gets_its_share_and_the_others_theirs() -> None:
    places = Places(LIMITS)
    for worker in ("a", "a", "b"):
        await places.take(worker, 0)
    waiting = [asyncio.create_task(places.take(worker, 0)) for worker in ("a", "b")]
    await settle()
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()


async def test_a_place_that_is_given_back_goes_to_who_waited_first() -> None:
    places = Places(LIMITS)
    first = [await places.take("a", 0) for _ in range(2)]
    waiting = [asyncio.create_task(places.take("a", 0)) for _ in range(2)]
    await settle()
    first[0]()
    await settle()
    assert [task.done() for task in waiting] == [True, False]
    first[1]()
    await waiting[1]


async def test_too_many_that_wait_are_refused_and_a_single_one_never_is() -> None:
    places = Places(LIMITS)
    taken = [await places.take("a", 0) for _ in range(2)]
    waiting = [asyncio.create_task(places.take("a", 1000))]
    await settle()
    with pytest.raises(FetchError, match="1 fetches of this worker are waiting already"):
        await asyncio.wait_for(places.take("a", 1), 10)
    for give_back in taken:
        give_back()
    await waiting[0]


async def test_whoever_gives_up_waiting_leaves_nothing_behind() -> None:
    places = Places(LIMITS)
    taken: list[Callable[[], None]] = [await places.take(worker, 0) for worker in ("a", "a", "b")]
    waiting = [asyncio.create_task(places.take(worker, 60)) for worker in ("a", "b", "c")]
    await settle()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert places.workers == 2
    taken.pop(0)()
    taken.append(await asyncio.wait_for(places.take("b", 0), 10))
    for give_back in taken:
        give_back()
    assert places.workers == 0
