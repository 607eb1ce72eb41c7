"""Which names and origins are let in."""

import pytest

from pipedreamer.engine.guard import REMEMBERED, Guard, repeated
from pipedreamer.engine.service import Limits

GUARD = Guard("word-counter", Limits(allowed_hosts=("Flow.Example.com", "box."), namespace="data"))


def status(**headers: str) -> int:
    """What a request with these headers is refused with; 0 when it is let in."""
    given = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    refused = GUARD.check(given)
    return refused.status if refused else 0


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "localhost.",
        "a.b.localhost:1",
        "127.0.0.1:8080",
        "203.0.113.9",
        "[::1]:8080",
        "[::ffff:127.0.0.1]",
        "flow.example.com",
        "FLOW.example.com:443",
        "box",
        "word-counter:8080",
        "word-counter.data",
        "word-counter.data.svc",
        "word-counter.other.svc.cluster.local:8080",
    ],
)
def test_names_that_nobody_else_can_own_are_known(host: str) -> None:
    assert status(host=host) == 0


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "localhost.evil.com",
        "evillocalhost",
        "127.0.0.1.evil.com",
        "127.1",
        "word-counter.com",
        "word-counter.data.svc.evil.com",
        "word-counter.a.b.svc",
        "other.data.svc",
        "xflow.example.com",
        "1:2:3",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert status(host=host) in (400, 403)


@pytest.mark.parametrize(
    "host", ["", "a b", "a@localhost", "localhost:x", "localhost:123456", "[::1", "http://localhost", "ä"]
)
def test_a_garbled_host_is_a_bad_request(host: str) -> None:
    assert status(host=host) == 400


def test_a_missing_host_is_a_bad_request() -> None:
    assert status() == 400


def test_the_short_name_with_a_namespace_is_known_only_for_the_engines_own_namespace() -> None:
    refused = Guard("word-counter", Limits()).check({b"host": b"word-counter.data"})
    assert refused is not None
    assert refused.status == 403


def test_only_so_many_spellings_are_remembered() -> None:
    guard = Guard("word-counter", Limits())
    for number in range(2 * REMEMBERED):
        assert guard.check({b"host": b"localhost:%d" % number}) is None
    assert len(guard._good) == REMEMBERED


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": "http://localhost:8080"}, 0),
        ({"origin": "HTTP://LocalHost:8080"}, 0),
        ({"origin": "https://localhost:8080"}, 403),
        ({"origin": "https://localhost:8080", "x_forwarded_proto": "https"}, 0),
        ({"origin": "http://localhost:8080", "x_forwarded_proto": "https"}, 403),
        ({"origin": "http://localhost"}, 403),
        ({"origin": "http://localhost:80801"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec_fetch_site": "same-origin"}, 0),
        ({"sec_fetch_site": "none"}, 0),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-origin", "origin": "http://evil.example.com"}, 403),
        ({"sec_fetch_site": "none", "sec_purpose": "prefetch;prerender"}, 403),
    ],
)
def test_only_the_engines_own_pages_may_call(headers: dict[str, str], expected: int) -> None:
    assert status(host="localhost:8080", **headers) == expected


def test_a_header_that_must_stand_once_is_refused_when_it_stands_twice() -> None:
    refused = repeated([(b"host", b"localhost"), (b"accept", b"a"), (b"accept", b"b"), (b"host", b"evil.example.com")])
    assert refused is not None
    assert refused.status == 400
    assert repeated([(b"host", b"localhost"), (b"accept", b"a"), (b"accept", b"b")]) is None
