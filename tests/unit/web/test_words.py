"""Durations, times and sizes as people say them."""

import pytest

from pipedreamer.web import words

MINUTE = 60_000


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (None, ""),
        (0, "0 ms"),
        (-5, "0 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (2_449, "2.4 s"),
        (34_900, "34 s"),
        (MINUTE, "1 min"),
        (200_000, "3 min 20 s"),
        (60 * MINUTE, "1 h"),
        (125 * MINUTE, "2 h 5 min"),
        (76 * 60 * MINUTE, "3 d 4 h"),
        (24_000 * 60 * MINUTE, "1,000 d"),
    ],
)
def test_durations(ms: int | None, told: str) -> None:
    assert words.duration(ms) == told


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (-9, "just now"),
        (4_999, "just now"),
        (40_000, "40 s ago"),
        (5 * MINUTE, "5 min ago"),
        (3 * 60 * MINUTE, "3 h ago"),
    ],
)
def test_times_that_have_just_passed(passed: int, told: str) -> None:
    assert words.ago(1_767_225_600_000 - passed, 1_767_225_600_000) == told


def test_times_that_are_long_ago_and_exact_ones() -> None:
    assert words.ago(1_767_225_600_123, 1_799_999_999_999) == "2026-01-01"
    assert words.exact(1_767_225_600_123) == "2026-01-01 00:00:00.123 UTC"
    assert words.exact(10**18) == f"{10**18} ms"


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 B"), (1023, "1023 B"), (3_482, "3.4 KB"), (10_485_760, "10 MB"), (2**31, "2 GB"), (2**50, "1048576 GB")],
)
def test_sizes(count: int, told: str) -> None:
    assert words.size(count) == told
