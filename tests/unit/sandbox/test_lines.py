"""How many lines of an attempt are sent, and that the others are counted."""

from typing import cast

import pytest

from pipedreamer.sandbox.protocol import LogLine
from pipedreamer.sandbox.python import lines as module
from pipedreamer.sandbox.python.attempt import Attempt
from pipedreamer.sandbox.python.lines import MOST, WINDOW_NS, Lines


class Clock:
    now = 1

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "now_ns", clock)
    return clock


def line(run: int, message: str = "x") -> LogLine:
    return LogLine(run=run, node=0, attempt=1, level="info", message=message)


def attempt(run: int) -> Attempt:
    return Attempt(run, 0, 1, 0, 0, -1, cast("object", None))  # type: ignore[arg-type] # nothing runs here


def test_each_attempt_has_its_own_measure_and_is_told_at_its_end_what_was_dropped(clock: Clock) -> None:
    sent: list[LogLine] = []
    lines = Lines(sent.append)
    for run in (1, 2):
        for _ in range(MOST + 7):
            lines.send(line(run))
    assert len(sent) == 2 * MOST
    lines.finish(attempt(2))
    lines.finish(attempt(2))
    assert (sent[-1].run, sent[-1].message.partition(":")[0]) == (2, "7 lines were dropped")
    assert len(sent) == 2 * MOST + 1
    assert list(lines.rest) == [(1, 0, 1)]


def test_after_a_while_lines_are_sent_again_and_nothing_is_kept_of_earlier_ones(clock: Clock) -> None:
    sent: list[LogLine] = []
    lines = Lines(sent.append)
    for _ in range(MOST + 1):
        lines.send(line(1))
    clock.now += WINDOW_NS + 1
    lines.send(line(9))
    assert sent[-2].message.startswith("1 lines were dropped")
    assert sent[-1] == line(9)
    assert list(lines.rest) == [(9, 0, 1)]


def test_long_lines_count_for_many(clock: Clock) -> None:
    sent: list[LogLine] = []
    lines = Lines(sent.append)
    for _ in range(MOST):
        lines.send(line(1, "x" * 50 * 1024))
    assert MOST // 51 <= len(sent) <= MOST // 51 + 1
