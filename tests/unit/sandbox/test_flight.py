"""The flight page tells what a worker was doing, and believes no nonsense."""

import os

import pytest

from pipedreamer.sandbox.flight import BEGIN, END, HOLDER, OUTGOING_SIZE, SLOTS, FlightPage, FlightRecorder


def test_attempts_are_seen_from_the_other_side_until_they_end() -> None:
    page = FlightPage()
    recorder = FlightRecorder(page.descriptor)
    slot = recorder.begin(7, 3, 2, 1_000)
    recorder.enter_thread(slot, 77)
    recorder.extend(slot, 2_000)
    (seen,) = page.running()
    assert (seen.run, seen.node, seen.attempt, seen.deadline, seen.thread) == (7, 3, 2, 2_000, 77)
    recorder.hold(7, 3, 2, 1_000, 500)
    assert page.current() == seen
    assert page.running() == [seen]
    recorder.let_go()
    recorder.end(slot)
    assert page.running() == []


def test_an_attempt_on_the_processor_needs_no_slot() -> None:
    page = FlightPage()
    recorder = FlightRecorder(page.descriptor)
    recorder.begin(1, 0, 1, 9_000)
    recorder.hold(7, 3, 2, 1_000, 500)
    current = page.current()
    assert current is not None
    assert (current.run, current.node, current.attempt, current.deadline, current.thread) == (7, 3, 2, 1_000, 0)
    assert {attempt.run for attempt in page.running()} == {1, 7}
    assert page.busy_ns(600) == 100
    recorder.let_go()
    assert page.current() is None
    assert page.busy_ns(600) == 0


def test_the_attempt_of_a_thread_is_found_also_where_an_earlier_one_ran_in_it() -> None:
    page = FlightPage()
    recorder = FlightRecorder(page.descriptor)
    slots = [recorder.begin(run, 0, 1, 0) for run in (7, 8)]
    for slot in slots:
        recorder.enter_thread(slot, 77)
    recorder.end(slots[0])
    found = page.in_thread(77)
    assert found
    assert found.run == 8
    recorder.end(slots[1])
    assert page.in_thread(77) is None


def test_more_attempts_than_slots_are_run_all_the_same() -> None:
    page = FlightPage()
    recorder = FlightRecorder(page.descriptor)
    slots = [recorder.begin(number, 0, 1, 0) for number in range(SLOTS + 1)]
    assert slots[-1] == -1
    recorder.end(-1)
    recorder.extend(-1, 5)
    assert len(page.running()) == SLOTS


def test_only_the_bytes_that_did_not_arrive_are_unsent() -> None:
    page = FlightPage()
    recorder = FlightRecorder(page.descriptor)
    recorder.outgoing[:6] = b"abcdef"
    recorder.words[BEGIN], recorder.words[END] = 100, 106
    assert page.unsent(received=100) == b"abcdef"
    assert page.unsent(received=104) == b"ef"
    assert page.unsent(received=106) == b""


def test_offsets_that_make_no_sense_yield_nothing() -> None:
    page = FlightPage()
    recorder = FlightRecorder(page.descriptor)
    for begin, end, received in ((50, 10, 20), (0, OUTGOING_SIZE + 1, 0), (10, 20, 5), (10, 20, 25), (2**64 - 1, 3, 0)):
        recorder.words[BEGIN], recorder.words[END] = begin, end
        assert page.unsent(received) == b""
    recorder.words[HOLDER] = 2**63
    current = page.current()
    assert current is not None
    assert current.run == 2**63 - 1


def test_the_page_cannot_be_shrunk_under_the_engine() -> None:
    page = FlightPage()
    with pytest.raises(PermissionError):
        os.ftruncate(page.descriptor, 10)
