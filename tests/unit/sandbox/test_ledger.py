"""The ledger tells what a worker was doing by what it said, and keeps no more of it than is sensible."""

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.ledger import MOST, Ledger
from pipedreamer.sandbox.protocol import Begun, Outcome


def _outcome(run: int, node: int, *, last: bool = False) -> Outcome:
    return Outcome(run, node, 1, 0, 1, "ok", b"1", last)


def test_an_attempt_runs_from_its_announcement_to_its_outcome() -> None:
    ledger = Ledger()
    ledger.begun(Begun(7, 3, 2, 9_000))
    (seen,) = ledger.running()
    assert (seen.run, seen.node, seen.attempt, seen.deadline, seen.thread) == (7, 3, 2, 9_000, 0)
    assert ledger.current() == seen
    ledger.ended(_outcome(7, 3))
    assert ledger.running() == []
    assert ledger.current() is None


def test_of_several_attempts_none_is_said_to_have_the_processor() -> None:
    ledger = Ledger()
    for node in (0, 1):
        ledger.begun(Begun(7, node, 1, 9_000))
    assert ledger.current() is None
    assert ledger.in_thread(5) is None


def test_the_last_outcome_of_a_run_ends_all_its_attempts_and_no_others() -> None:
    ledger = Ledger()
    for run, node in ((7, 0), (7, 1), (8, 0)):
        ledger.begun(Begun(run, node, 1, 9_000))
    ledger.ended(_outcome(7, 0, last=True))
    assert [attempt.run for attempt in ledger.running()] == [8]


def test_silence_counts_from_what_was_heard_last() -> None:
    ledger = Ledger()
    ledger.heard()
    later = now_ns() + 1_000_000_000
    assert ledger.silent_ns(later) >= 1_000_000_000
    assert ledger.busy_ns(later) == 0
    ledger.begun(Begun(1, 0, 1, 9_000))
    assert ledger.busy_ns(later) >= 1_000_000_000


def test_announcements_without_end_do_not_fill_the_engine() -> None:
    ledger = Ledger()
    for run in range(MOST + 10):
        ledger.begun(Begun(run, 0, 1, 9_000))
    assert len(ledger.running()) == MOST
