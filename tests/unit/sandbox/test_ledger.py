"""The ledger tells what a worker was doing by what it said, and keeps no more of it than is sensible."""

import os
import struct
from collections.abc import Iterator

import pytest

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.ledger import MOST, Ledger
from pipedreamer.sandbox.protocol import Begun, Outcome


def _outcome(run: int, node: int, *, last: bool = False) -> Outcome:
    return Outcome(run, node, 1, 0, 1, "ok", b"1", last)


def test_an_attempt_runs_from_its_announcement_to_its_outcome() -> None:
    ledger = Ledger(None, lambda _: True)
    ledger.begun(Begun(7, 3, 2, 9_000))
    (seen,) = ledger.running()
    assert (seen.run, seen.node, seen.attempt, seen.deadline, seen.thread) == (7, 3, 2, 9_000, 0)
    assert ledger.current() == seen
    ledger.ended(_outcome(7, 3))
    assert ledger.running() == []
    assert ledger.current() is None


def test_of_several_attempts_none_is_said_to_have_the_processor() -> None:
    ledger = Ledger(None, lambda _: True)
    for node in (0, 1):
        ledger.begun(Begun(7, node, 1, 9_000))
    assert ledger.current() is None
    assert ledger.in_thread(5) is None


def test_the_last_outcome_of_a_run_ends_all_its_attempts_and_no_others() -> None:
    ledger = Ledger(None, lambda _: True)
    for run, node in ((7, 0), (7, 1), (8, 0)):
        ledger.begun(Begun(run, node, 1, 9_000))
    ledger.ended(_outcome(7, 0, last=True))
    assert [attempt.run for attempt in ledger.running()] == [8]


def test_silence_counts_from_what_was_heard_last() -> None:
    ledger = Ledger(None, lambda _: True)
    ledger.heard()
    later = now_ns() + 1_000_000_000
    assert ledger.silent_ns(later) >= 1_000_000_000
    assert ledger.busy_ns(later) == 0
    ledger.begun(Begun(1, 0, 1, 9_000))
    assert ledger.busy_ns(later) >= 1_000_000_000


def test_announcements_without_end_do_not_fill_the_engine() -> None:
    ledger = Ledger(None, lambda _: True)
    for run in range(MOST + 10):
        ledger.begun(Begun(run, 0, 1, 9_000))
    assert len(ledger.running()) == MOST


@pytest.fixture
def sheet() -> Iterator[int]:
    descriptor = os.memfd_create("sheet")
    yield descriptor
    os.close(descriptor)


def _note(sheet: int, *records: tuple[float, ...]) -> None:
    os.pwrite(sheet, b"".join(struct.pack("=6d", *record) for record in records), 0)


def test_what_the_worker_noted_in_this_turn_runs(sheet: int) -> None:
    ledger = Ledger(sheet, lambda _: True)
    assert ledger.running() == []
    _note(sheet, (5, 1, 0, 1, 9e9, 1e9), (5, 2, 0, 3, 9e9, 2e9), (4, 3, 0, 1, 9e9, 1e9))
    assert [(one.run, one.node, one.attempt) for one in ledger.running()] == [(1, 0, 1), (2, 0, 3)]
    assert ledger.busy_ns(now_ns() + 10_000_000) > 0


def test_what_is_noted_of_ended_attempts_and_runs_runs_no_more(sheet: int) -> None:
    jobs = {1, 2}
    ledger = Ledger(sheet, lambda run: run in jobs)
    _note(sheet, (1, 1, 0, 1, 9e9, 1), (1, 1, 1, 1, 9e9, 1), (1, 2, 0, 1, 9e9, 1), (1, 3, 0, 1, 9e9, 1))
    ledger.ended(_outcome(1, 0))
    ledger.ended(_outcome(2, 0, last=True))
    jobs.remove(2)
    current = ledger.current()
    assert current is not None
    assert (current.run, current.node) == (1, 1)


def test_an_attempt_that_is_both_noted_and_told_is_one(sheet: int) -> None:
    ledger = Ledger(sheet, lambda _: True)
    _note(sheet, (1, 1, 0, 1, 9e9, 1))
    ledger.begun(Begun(1, 0, 1, 9_000_000_000))
    assert len(ledger.running()) == 1


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), -1.0])
def test_nonsense_in_a_sheet_is_passed_over(nonsense: float, sheet: int) -> None:
    ledger = Ledger(sheet, lambda _: True)
    _note(sheet, (1, 1, 0, 1, 9e9, 1), (1, nonsense, 0, 1, 9e9, 1))
    assert [one.run for one in ledger.running()] == [1]
    os.ftruncate(sheet, 7)
    assert ledger.running() == []


def test_outcomes_of_a_run_without_end_do_not_fill_the_engine(sheet: int) -> None:
    ledger = Ledger(sheet, lambda run: run == 1)
    for attempt in range(MOST + 10):
        ledger.ended(Outcome(1, 0, attempt, 0, 1, "retry", b"", last=False))
        ledger.ended(Outcome(attempt + 2, 0, 1, 0, 1, "ok", b"1", last=False))
    assert len(ledger._ended[1]) == MOST
    assert ledger._ended.keys() == {1}
