"""Durations."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipedreamer.spec import parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1ms", 1),
        ("1500ms", 1500),
        ("30s", 30_000),
        ("5m", 300_000),
        ("1h", 3_600_000),
        ("24d", 2_073_600_000),
        ("1h30m", 5_400_000),
        ("1m500ms", 60_500),
        ("1.5s", 1500),
        ("0.001s", 1),
        ("0s1ms", 1),
        ("2147483647ms", 2**31 - 1),
    ],
)
def test_a_duration_is_whole_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("30", '"30" is not a duration (write 30s for seconds)'),
        ("30000", '"30000" is not a duration (write 30000ms for milliseconds)'),
        ("5 min", '"5 min" is not a duration (write 5m)'),
        ("2 Hours", '"2 Hours" is not a duration (write 2h)'),
        ("10 millis", '"10 millis" is not a duration (write 10ms)'),
        ("30S", '"30S" is not a duration (write 30s)'),
        ("3w", '"3w" is not a duration (write a number and a unit: ms, s, m, h or d, for example 30s)'),
        ("soon", '"soon" is not a duration (write a number and a unit: ms, s, m, h or d, for example 30s)'),
        ("", '"" is not a duration (write a number and a unit: ms, s, m, h or d, for example 30s)'),
        ("-5s", '"-5s" is not a duration (write a number and a unit: ms, s, m, h or d, for example 30s)'),
        ("5s\n", '"5s\\n" is not a duration (write 5s)'),
        ("٣s", '"٣s" is not a duration (write a number and a unit: ms, s, m, h or d, for example 30s)'),
        ("0s", '"0s" is no time at all (for example 30s)'),
        ("0.0h", '"0.0h" is no time at all (for example 30s)'),
        ("1.5ms", '"1.5ms" is not a whole number of milliseconds (for example 1ms)'),
        ("25d", '"25d" is longer than 24 days (for example 24d)'),
        ("2147483648ms", '"2147483648ms" is longer than 24 days (for example 24d)'),
    ],
)
def test_nonsense_is_refused_with_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared below
        parse_duration(text)
    assert str(raised.value) == message


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789.smhd -", max_size=50) | st.text())
def test_a_duration_is_a_number_over_zero_or_a_value_error(text: str) -> None:
    try:
        milliseconds = parse_duration(text)
    except ValueError:
        return
    assert 0 < milliseconds < 2**31
