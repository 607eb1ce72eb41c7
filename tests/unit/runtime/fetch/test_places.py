"""Who may fetch now, and who waits."""

import asyncio
from collections.abc import Callable

import pytest

from pipedreamer import FetchError
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.places import Places

LIMITS = FetchLimits(at_once=3, at_once_a_worker=2, waiting=2, bytes_held=100)


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


async def test_too_many_that_wait_are_refused() -> None:
    places = Places(LIMITS)
    taken = [await places.take("a", 0) for _ in range(2)]
    waiting = [asyncio.create_task(places.take("a", 0)) for _ in range(2)]
    await settle()
    with pytest.raises(FetchError, match=r"^2 fetches of this worker are waiting already: begin fewer at once$"):
        await asyncio.wait_for(places.take("a", 0), 10)
    for give_back in taken:
        give_back()
    await asyncio.gather(*waiting)


async def test_what_open_and_waiting_requests_hold_is_bounded_for_each_worker_and_a_single_one_is_let_through() -> None:
    places = Places(LIMITS)
    give_back = await places.take("a", 1000)
    with pytest.raises(FetchError, match=r"hold 1000 bytes already: begin fewer at once$"):
        await asyncio.wait_for(places.take("a", 1), 10)
    await places.take("b", 60)
    give_back()
    waiting = asyncio.create_task(places.take("b", 40))
    await settle()
    with pytest.raises(FetchError, match="hold 100 bytes already"):
        await asyncio.wait_for(places.take("b", 1), 10)
    await waiting


async def test_whoever_gives_up_waiting_leaves_nothing_behind() -> None:
    places = Places(LIMITS)
    taken: list[Callable[[], None]] = [await places.take(worker, 0) for worker in ("a", "a", "b")]
    waiting = [asyncio.create_task(places.take(worker, 100)) for worker in ("a", "b", "c")]
    await settle()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert places.workers == 2
    taken.pop(0)()
    taken.append(await asyncio.wait_for(places.take("b", 100), 10))
    for give_back in taken:
        give_back()
    assert places.workers == 0
