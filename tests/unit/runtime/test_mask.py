"""No form of a secret comes through the mask."""

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.runtime.mask import GENERATIONS, Mask
from pipedreamer.runtime.mask_forms import forms

TOKEN = "ghp_a1B2c3D4e5"
AWKWARD = 'pä"ss wörd/+\\?\n€🎉'

PEM = """-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
BKcwggSjAgEAAoIB
-----END PRIVATE KEY-----
"""

secret_values = st.text(min_size=6, max_size=30) | st.text(alphabet='a"\\n*/+=', min_size=6, max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    else:
        yield str(value)


def encodings(value: str) -> dict[str, str]:
    data = value.encode()
    return {
        "raw": value,
        "JSON": json.dumps(value, ensure_ascii=False)[1:-1],
        "JSON in ASCII": json.dumps(value)[1:-1],
        "JSON in JSON": json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)[3:-3],
        "repr": repr(value)[1:-1],
        "URL": quote(value),
        "URL, all escaped": quote(value, safe=""),
        "URL, lower case": re.sub("%..", lambda match: match[0].lower(), quote(value, safe="")),
        "form": quote_plus(value),
        "base64": base64.b64encode(data).decode(),
        "base64 for URLs": base64.urlsafe_b64encode(data).decode(),
        "base64 for URLs, no padding": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "base64 in a query": quote(base64.b64encode(data).decode(), safe=""),
    }


@pytest.mark.parametrize("form", encodings(TOKEN))
def test_a_plain_token_is_hidden_in_every_encoding(form: str) -> None:
    assert Mask({"github": {"token": TOKEN}}).text(f"<{encodings(TOKEN)[form]}>").strip("=") in {"<***>", "<***=>"}


@pytest.mark.parametrize("form", encodings(AWKWARD))
def test_a_value_full_of_special_characters_is_hidden_in_every_encoding(form: str) -> None:
    text = encodings(AWKWARD)[form]
    masked = Mask({"db": {"password": AWKWARD}}).text(f"<{text}>")
    assert text not in masked
    assert "wörd" not in masked
    assert len(masked) < len(text)


@pytest.mark.parametrize("user", ["u", "us", "usr", "user"])
def test_a_secret_inside_a_longer_base64_text_is_hidden_at_every_alignment(user: str) -> None:
    secret = "s3cr3t-value-of-some-length"
    basic = base64.b64encode(f"{user}:{secret}:end".encode()).decode()
    masked = Mask({"db": {"password": secret}}).text(f"Basic {basic}")
    assert "***" in masked
    rest = masked.removeprefix("Basic ").replace("***", "")
    assert len(rest) <= len(basic) - (len(secret) * 8 // 6 - 3)


def test_values_of_nested_maps_and_lists_are_hidden_and_their_names_are_not() -> None:
    mask = Mask({"github": {"token": "abcdef-1"}, "keys": [{"id": "abcdef-2"}, "abcdef-3"], "pin": {"value": 12345678}})
    assert (
        mask.text("github token keys id: abcdef-1 abcdef-2 abcdef-3 12345678")
        == "github token keys id: *** *** *** ***"
    )


def test_values_under_six_characters_and_things_that_are_no_text_stay() -> None:
    mask = Mask({"a": "12345", "b": True, "c": None, "d": 1.5, "e": 12345, "f": ""})
    line = "12345 True None 1.5 true null"
    assert mask.text(line) is line


def test_overlapping_and_touching_secrets_become_one_mark() -> None:
    mask = Mask({"a": "abcdef123", "b": "123xyzxyz", "c": "abcdef"})
    assert mask.text("-abcdef123xyzxyz- -abcdefabcdef-") == "-***- -***-"


def test_a_mark_that_completes_another_secret_is_hidden_too() -> None:
    assert Mask({"a": "abcdefgh", "b": "x***yz"}).text("xabcdefghyz") == "***"


def test_each_line_of_a_key_is_hidden_and_its_frame_is_not() -> None:
    mask = Mask({"tls": {"key": PEM}})
    assert mask.text("at MIIEvQIBADANBgkqhkiG9w0BAQEFAASC") == "at ***"
    assert mask.text("  BKcwggSjAgEAAoIB\r\n") == "  ***\r\n"
    assert mask.text("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"
    assert mask.text(PEM.replace("\n", "\\n")) == "***"


def test_a_value_with_a_line_end_is_hidden_where_it_was_trimmed() -> None:
    assert Mask({"a": "  s3cr3t-1\n"}).text("got s3cr3t-1!") == "got ***!"


def test_nothing_to_hide_gives_the_same_object_back() -> None:
    line, data = "a line", b'{"a": "b"}'
    assert Mask.none().text(line) is line
    assert Mask.none().json(data) is data
    assert Mask({"a": "abcdef"}).text(line) is line
    assert Mask({"a": "abcdef"}).json(data) is data
    escaped = b'{"a": "\\u00e4 \\/"}'
    assert Mask({"a": "abcdef"}).json(escaped) is escaped


def test_json_is_masked_in_strings_keys_and_numbers_and_is_otherwise_untouched() -> None:
    mask = Mask({"a": "abcdef", "pin": 123456})
    text = b'{"abcdef": "x abcdef", "n": 123456, "m": -9.1234567e2, "k":1.0, "big": 123450000000000000000000}'
    assert mask.json(text) == b'{"***": "x ***", "n": "***", "m": "***", "k":1.0, "big": 123450000000000000000000}'


@pytest.mark.parametrize("written", [r"\u0061bcdef", r"\u0061\u0062\u0063\u0064\u0065\u0066", r"ab\u0063def"])
def test_json_escapes_do_not_carry_a_secret_through(written: str) -> None:
    assert Mask({"a": "abcdef"}).json(b'{"x": "%s"}' % written.encode()) == b'{"x": "***"}'
    assert Mask({"a": "abc/def"}).json(rb'["abc\/def"]') == b'["***"]'


def test_a_secret_that_shows_only_across_values_hides_the_whole_text() -> None:
    assert Mask({"a": 'b","c":'}).json(b'{"a":"b","c":1}') == b'"***"'


def test_a_rotated_secret_stays_hidden_together_with_the_new_one() -> None:
    mask = Mask({"a": "old-value"}).with_secrets({"a": "new-value"})
    assert mask.text("old-value new-value") == "*** ***"
    assert mask.with_secrets({"a": "new-value"}) is mask


def test_a_mask_does_not_grow_for_ever() -> None:
    mask = Mask({"a": "value-000"})
    for number in range(1, GENERATIONS + 1):
        mask = mask.with_secrets({"a": f"value-{number:03}"})
    assert mask.text("value-000 value-001") == "value-000 ***"


@given(st.lists(secret_values, min_size=1, max_size=4), st.data())
def test_no_form_of_any_secret_survives_in_text(secrets: list[str], data: st.DataObject) -> None:
    every_form = sorted({form for secret in secrets for form in forms(secret)})
    parts = data.draw(st.lists(st.sampled_from(every_form) | st.text(max_size=8), max_size=8))
    masked = Mask({"all": secrets}).text("".join(parts))
    assert [form for form in every_form if form in masked] == []


@given(st.lists(secret_values, min_size=1, max_size=4), json_values, st.booleans(), st.data())
def test_masked_json_parses_and_shows_no_secret(
    secrets: list[str], value: object, ascii_only: bool, data: st.DataObject
) -> None:
    every_form = sorted({form for secret in secrets for form in forms(secret)})
    planted = data.draw(st.lists(st.sampled_from(every_form), max_size=4))
    document = {"value": value, "planted": planted, **dict.fromkeys(planted, 1)}
    text = json.dumps(document).encode() if ascii_only else orjson.dumps(document)
    masked = Mask({"all": secrets}).json(text)
    texts = list(strings(orjson.loads(masked)))
    assert [form for form in every_form if any(form in text for text in texts)] == []
    assert [form for form in every_form if form in masked.decode()] == []
