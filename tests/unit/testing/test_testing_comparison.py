"""Comparing as JSON values, and differences that a person can read."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.runtime.mask import Mask
from pipedreamer.testing.comparison import SHOWN, VALUE_LENGTH, compare

OPEN = Mask({})
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


def lines(expected: Any, got: Any, mask: Mask = OPEN) -> tuple[str, ...]:
    return compare(expected, got).lines(mask)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
        (1, 1.0),
        ({"n": -0.0}, {"n": 0}),
        (None, None),
        ([], []),
    ],
)
def test_values_that_are_the_same_in_json_do_not_differ(expected: Any, got: Any) -> None:
    assert compare(expected, got).is_equal


@pytest.mark.parametrize(
    ("expected", "got", "line"),
    [
        (1, True, "output: expected 1, got true"),
        (0, False, "output: expected 0, got false"),
        (None, {}, "output: expected null, got {}"),
        ("1", 1, 'output: expected "1", got 1'),
        ({}, [], "output: expected {}, got []"),
        ({"a": None}, {}, "output.a: expected null, got nothing"),
        ({}, {"a": None}, "output.a: expected nothing, got null"),
        ([1], [1, 2], "output[1]: expected nothing, got 2"),
        ([1, 2], [1], "output[1]: expected 2, got nothing"),
        ([1, 2], [2, 1], "output[0]: expected 1, got 2"),
        (0.3, 0.1 + 0.2, "output: expected 0.3, got 0.30000000000000004"),
        ({"a b": 1}, {"a b": 2}, 'output["a b"]: expected 1, got 2'),
    ],
)
def test_a_difference_says_where_it_is_and_what_was_expected(expected: Any, got: Any, line: str) -> None:
    assert lines(expected, got)[0] == line


def test_the_path_leads_into_lists_and_objects() -> None:
    expected = {"items": [{"name": "x"}, {"name": "y"}, {"name": "a"}]}
    got = {"items": [{"name": "x"}, {"name": "y"}, {"name": "b"}]}
    assert lines(expected, got) == ('output.items[2].name: expected "a", got "b"',)


def test_differences_come_in_the_order_of_what_is_expected() -> None:
    found = lines({"b": 1, "a": [1, 2]}, {"a": [3, 4], "b": 2, "c": 5})
    assert [line.partition(":")[0] for line in found] == ["output.b", "output.a[0]", "output.a[1]", "output.c"]


def test_many_differences_are_counted_and_only_the_first_told() -> None:
    found = lines(list(range(5000)), list(range(1, 5001)))
    assert len(found) == SHOWN + 1
    assert found[-1] == f"and {5000 - SHOWN:,} more differences"


def test_of_giant_texts_the_part_around_the_difference_is_shown() -> None:
    same = "x" * 50_000
    (line,) = lines(same + "old" + same, same + "new" + same)
    assert len(line) < 3 * VALUE_LENGTH
    assert "old" in line.partition("got")[0]
    assert "new" in line.partition("got")[2]


def test_a_giant_value_in_place_of_a_small_one_is_cut() -> None:
    (line,) = lines(1, list(range(100_000)))
    assert len(line) < 2 * VALUE_LENGTH
    assert line.startswith("output: expected 1, got [0,1,2,")
    assert line.endswith("characters)")


def test_values_that_nest_as_deep_as_json_goes_are_compared() -> None:
    def nested(core: bytes) -> Any:
        return orjson.loads(b"[" * 1000 + core + b"]" * 1000)

    assert compare(nested(b"1"), nested(b"1")).is_equal
    (line,) = lines(nested(b"1"), nested(b"2"))
    assert line.endswith("expected 1, got 2")
    assert len(line) < 500
    assert lines(1, nested(b"2")) == ("output: expected 1, got a value that nests too deep to be shown",)


def test_secrets_are_hidden_in_values_and_paths() -> None:
    mask = Mask({"github": {"token": "ghp_0123456789"}})
    (line,) = lines({"ghp_0123456789": "x ghp_0123456789"}, {"ghp_0123456789": "y ghp_0123456789"}, mask)
    assert "ghp_" not in line
    assert 'expected "x ***", got "y ***"' in line


def test_a_difference_within_a_secret_is_told_without_it() -> None:
    mask = Mask({"a": "secret-one", "b": "secret-two"})
    assert lines("secret-one", "secret-two", mask) == (
        'output: expected "***", got "***" (they differ within a secret)',
    )


@given(JSON)
def test_every_value_equals_itself_read_again(value: Any) -> None:
    assert compare(value, orjson.loads(orjson.dumps(value))).is_equal


@given(JSON, JSON)
def test_values_with_different_json_differ_and_are_told(first: Any, second: Any) -> None:
    found = compare(first, second)
    if orjson.dumps(first, option=orjson.OPT_SORT_KEYS) == orjson.dumps(second, option=orjson.OPT_SORT_KEYS):
        assert found.is_equal
    assert found.is_equal == (found.lines(OPEN) == ())
    assert found.is_equal == compare(second, first).is_equal
