"""A file of secrets is read by YAML 1.2, keeps every digit, and is never quoted in an error."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.errors import SettingsError
from pipedreamer.runtime.secret_yaml import read_secret_yaml

WORD = "hunter2hunter2"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: true", {"a": True}),
        ("a:", {"a": None}),
        ("a: 5", {"a": 5}),
        ("a: '5'", {"a": "5"}),
        ("a: -1.5", {"a": -1.5}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("1: x", {"1": "x"}),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        ('{"a": "tab\\there",\t"b": [1]}', {"a": "tab\there", "b": [1]}),
        ("\ufeffa: 1", {"a": 1}),
        ("", None),
        ("# nothing\n\n  # yet", None),
    ],
)
def test_what_a_file_means(text: str, value: Any) -> None:
    assert read_secret_yaml(text.encode(), "f") == value


@pytest.mark.parametrize(
    "text", ["007", "1.10", "1e5", "+5", "0x1F", "1_000", "12:30:45", "1" * 30, "1e999", "12e34567", ".inf"]
)
def test_a_secret_that_looks_like_a_number_keeps_its_text(text: str) -> None:
    assert read_secret_yaml(f"a: {text}".encode(), "f") == {"a": text}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"a: 1\nb: *{WORD}", "f:2:4"),
        (f"a: !{WORD} x", "f:1:4"),
        (f"a: @{WORD}", "f:1:4"),
        (f"a: {WORD}: {WORD}", "f:1:"),
        (f"a: 1\n{WORD}\nb: 2", "f:"),
        (f'a: "{WORD}', "f:1:"),
        (f'a: "\\q{WORD}"', "f:1:"),
        (f"a: [{WORD}", "f:1:"),
        (f"a: 1\n{WORD}: 2\n{WORD}: {WORD}", "f:3:1: a key is written twice"),
        (f"? [{WORD}]\n: 2", "f:1:3"),
        (f"a: {{<<: {WORD}}}", "f:1:9"),
        (f"a: 1\nb: {WORD}\0", "f:2:"),
        (f"a: {WORD}\n---\nb: {WORD}", "f:2:1"),
    ],
)
def test_an_error_names_the_place_and_quotes_nothing(text: str, place: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_secret_yaml(text.encode(), "f")
    message = str(caught.value)
    assert message.startswith(place)
    assert WORD not in message
    assert "\n" not in message
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", [b"a: 1\nb: \xff", b"[" * 100_000, b"a: &x [*x]", b"a: &x {<<: *x}"])
def test_what_is_not_utf8_nests_too_deep_or_holds_itself_is_an_error(text: bytes) -> None:
    with pytest.raises(SettingsError, match=r"^f:\d+:\d+: cannot be read as YAML"):
        read_secret_yaml(text, "f")


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(SettingsError):
        read_secret_yaml("\n".join(lines).encode(), "f")


@given(st.binary(max_size=60) | st.text(alphabet="ab:-*&!?{}[]'\"\n \t|>%@`#,~<.0e1", max_size=40).map(str.encode))
def test_no_bytes_raise_anything_but_a_settings_error(data: bytes) -> None:
    with contextlib.suppress(SettingsError):
        json.dumps(read_secret_yaml(data, "f"), allow_nan=False)
