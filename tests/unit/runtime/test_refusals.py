"""A connection that is refused again and again is said once, and then how often."""

import asyncio

import pytest

from pipedreamer.runtime import refusals as module
from pipedreamer.runtime.refusals import MOST, Refusals


async def test_each_node_and_destination_is_said_once_and_then_counted() -> None:
    said: list[tuple[str, str]] = []
    refusals = Refusals(lambda *again: said.append(again))
    tried = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("a", "x")]
    assert [refusals.is_new(*one) for one in tried] == [True, False, True, True, False]
    refusals.flush()
    assert said == [("a", "x (2 more within a minute)")]
    assert refusals.is_new("a", "x")
    refusals.flush()
    assert len(said) == 1


async def test_one_that_tries_every_port_is_summed_up() -> None:
    said: list[tuple[str, str]] = []
    refusals = Refusals(lambda *again: said.append(again))
    assert sum(refusals.is_new("a", f"port {port}") for port in range(10_000)) == MOST
    refusals.flush()
    assert said == [("", f"{10_000 - MOST:,} more connections were refused, to more than {MOST} destinations")]


async def test_the_count_is_said_by_itself_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "APART_S", 0.01)
    told: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
    refusals = Refusals(lambda *again: told.set_result(again))
    refusals.is_new("a", "x")
    refusals.is_new("a", "x")
    assert await asyncio.wait_for(told, 20) == ("a", "x (1 more within a minute)")
