"""What of a node's headers is sent, and what the secrets add to them."""

from typing import Any

import pytest

from pipedreamer import FetchError
from pipedreamer.runtime.fetch.headers import Headers, checked, with_auth

HOST = "api.example.com:8443"


def test_ordinary_headers_stay_as_they_are_repeated_ones_too() -> None:
    headers: Headers = (("Accept", "a/b"), ("X-Many", "1"), ("X-Many", "2"), ("Cookie", "é\t=1"), ("X-Empty", ""))
    assert checked(headers, HOST) == headers


@pytest.mark.parametrize(
    "name",
    ["Connection", "KEEP-ALIVE", "transfer-encoding", "Content-Length", "TE", "Trailer", "Expect"],
)
def test_headers_of_the_connection_are_passed_over(name: str) -> None:
    assert checked(((name, "x"), ("A", "b")), HOST) == (("A", "b"),)


@pytest.mark.parametrize("name", ["Upgrade", "Proxy-Authorization", "proxy-connection", "HTTP2-Settings"])
def test_headers_that_would_change_who_is_spoken_to_are_refused(name: str) -> None:
    with pytest.raises(FetchError, match=rf"^the header {name} cannot be set$"):
        checked(((name, "x"),), HOST)


@pytest.mark.parametrize("name", ["X-HTTP-Method", "x-http-method-override", "X-Method-Override"])
def test_a_method_whose_answer_would_show_what_was_sent_cannot_be_asked_for_in_a_header(name: str) -> None:
    for value in ("TRACE", "get, Trace", "track", "CONNECT"):
        with pytest.raises(FetchError, match=rf"^the header {name} cannot ask for this method$"):
            checked(((name, value),), HOST)
    assert checked(((name, "PATCH"),), HOST) == ((name, "PATCH"),)


def test_another_host_than_the_urls_is_refused_and_its_own_is_passed_over() -> None:
    assert checked((("host", HOST.upper()),), HOST) == ()
    with pytest.raises(FetchError, match="Host cannot be set"):
        checked((("Host", "internal.example"),), HOST)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\x7f", "€"])
def test_a_value_that_would_break_out_of_its_line_is_refused_and_not_quoted(value: str) -> None:
    with pytest.raises(FetchError, match=r"^the header X-A holds a line break or another character") as caught:
        checked((("X-A", value),), HOST)
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "ä"])
def test_a_name_that_is_no_header_name_is_refused(name: str) -> None:
    with pytest.raises(FetchError, match="a header's name may hold only"):
        checked(((name, "x"),), HOST)


@pytest.mark.parametrize(
    ("secret", "added"),
    [
        ({"token": "t", "api_key": "k"}, (("Authorization", "Bearer t"), ("X-API-Key", "k"))),
        ({"token": " t\n"}, (("Authorization", "Bearer t"),)),
        ({"token": 123}, (("Authorization", "Bearer 123"),)),
        ({"token": "", "api_key": None, "other": "x"}, ()),
        ({"token": {"value": "t"}}, ()),
        ({"value": "t"}, ()),
        ("text", ()),
        (None, ()),
    ],
)
def test_what_a_secret_adds(secret: Any, added: Headers) -> None:
    assert with_auth((), "svc", secret, None) == added


def test_the_nodes_own_header_comes_before_the_urls_user_and_that_before_the_token() -> None:
    secret = {"token": "t", "api_key": "k"}
    assert with_auth((), "svc", secret, "Basic x") == (("Authorization", "Basic x"), ("X-API-Key", "k"))
    own: Headers = (("authorization", "own"), ("x-api-key", "own"))
    assert with_auth(own, "svc", secret, "Basic x") == own


def test_a_secret_that_no_header_can_carry_is_named_and_not_quoted() -> None:
    with pytest.raises(FetchError, match=r"^the secret svc\.token holds a line break"):
        with_auth((), "svc", {"token": "a\nb"}, None)
