"""What a body becomes, by its content type."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.engine.answer import Answer
from pipedreamer.engine.body import EMPTY, Input, read_input


def value_of(body: bytes, content_type: str | None) -> Any:
    """The input that a body stands for; its JSON text and its value must agree."""
    read = read_input(body, content_type.encode() if content_type else None)
    assert isinstance(read, Input), read
    assert orjson.loads(read.json) == read.value
    return read.value


def refused(body: bytes, content_type: str | None = "application/json") -> int:
    read = read_input(body, content_type.encode() if content_type else None)
    assert isinstance(read, Answer), read
    return read.status


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/json",
        "application/cloudevents+json",
        "application/x-www-form-urlencoded",
    ],
)
def test_json_types_are_parsed_and_handed_on_as_they_came(content_type: str | None) -> None:
    read = read_input(b' {"a": [1,  2.50]}\n', content_type.encode() if content_type else None)
    assert isinstance(read, Input)
    assert read.json == b' {"a": [1,  2.50]}\n'
    assert read.value == {"a": [1, 2.5]}


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", "application/octet-stream"])
def test_an_empty_body_is_an_empty_object_whatever_its_type(content_type: str | None) -> None:
    assert value_of(b"", content_type) == {}


def test_blanks_are_an_empty_object_where_json_is_meant() -> None:
    assert read_input(b" \r\n", b"application/json") == EMPTY
    assert value_of(b" \r\n", "text/plain") == {"contentType": "text/plain", "body": " \r\n"}


def test_any_json_value_is_an_input() -> None:
    for text in (b"null", b"true", b"5", b'"x"', b"[]"):
        assert value_of(text, "application/json") == orjson.loads(text)


def test_the_last_of_two_equal_keys_counts() -> None:
    assert value_of(b'{"a": 1, "a": 2}', None) == {"a": 2}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"a": NaN}',
        b"[Infinity]",
        b"1e999",
        b"\xff\xfe",
        b'"\xff"',
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{'a': 1}",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_what_says_json_and_is_not_is_400(body: bytes) -> None:
    assert refused(body) == 400
    assert refused(body, None) == 400


def test_a_form_is_text_and_json_that_curl_calls_a_form_is_json() -> None:
    form = "application/x-www-form-urlencoded"
    assert value_of(b"a=1&b=2", form) == {"contentType": form, "body": "a=1&b=2"}
    assert value_of(b'{"name":"Ada"}', form) == {"name": "Ada"}
    assert refused(b'{"name":"Ada"', form) == 400
    assert refused(b" [1,", form) == 400


@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/plain", "grüß"),
        ("text/csv; charset=UTF-8", "a,b\n1,2"),
        ("application/xml", "<a/>"),
        ("application/atom+xml", "<a/>"),
        ("application/yaml", "a: 1"),
        ("application/x-ndjson", "{}\n{}"),
    ],
)
def test_text_is_passed_on_with_its_content_type(content_type: str, text: str) -> None:
    assert value_of(text.encode(), content_type) == {"contentType": content_type, "body": text}


def test_text_is_read_by_its_charset() -> None:
    latin = 'text/plain; charset="ISO-8859-1"'
    assert value_of("grüß".encode("latin-1"), latin) == {"contentType": latin, "body": "grüß"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/png", b"\x89PNG\x00"),
        ("application/octet-stream", b"abc"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"\xff\xfe"),
        ("text/plain; charset=shift_jis", b"abc"),
        ("text/plain; charset=punycode", b"abc"),
        ("nonsense", b"abc"),
    ],
)
def test_what_is_no_text_is_passed_on_as_base64_with_its_content_type(content_type: str, body: bytes) -> None:
    assert value_of(body, content_type) == {"contentType": content_type, "bodyBase64": base64.b64encode(body).decode()}


@given(body=st.binary(max_size=200), content_type=st.none() | st.binary(max_size=60))
def test_no_body_and_no_content_type_raise_anything(body: bytes, content_type: bytes | None) -> None:
    read = read_input(body, content_type)
    if isinstance(read, Input):
        assert orjson.loads(read.json) == read.value
    else:
        assert read.status == 400
