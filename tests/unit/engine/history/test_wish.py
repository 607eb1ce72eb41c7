"""What is asked for beside a run's input: by `Prefer`, `wait` and `Idempotency-Key`."""

import re

import pytest

from pipedreamer.engine.answer import Answer
from pipedreamer.engine.history.durably import Wish, wish_of
from pipedreamer.engine.history.keys import KEY


@pytest.mark.parametrize(
    ("headers", "query", "wish"),
    [
        ({}, b"", Wish(True, None)),
        ({}, b"wait=true", Wish(True, None)),
        ({}, b"wait=false", Wish(False, None)),
        ({}, b"name=%C3%A9&wait=false", Wish(False, None)),
        ({}, b"name=\xff%ff", Wish(True, None)),
        ({b"prefer": b"handling=strict, Respond-Async"}, b"", Wish(False, None)),
        ({b"idempotency-key": b"order 17"}, b"", Wish(True, "order 17")),
        ({b"idempotency-key": b'"order 17"'}, b"wait=false", Wish(False, "order 17")),
        ({b"idempotency-key": b"k" * 255}, b"", Wish(True, "k" * 255)),
    ],
)
def test_a_wish_is_read(headers: dict[bytes, bytes], query: bytes, wish: Wish) -> None:
    assert wish_of(headers, query) == wish


@pytest.mark.parametrize("query", [b"wait=", b"wait=maybe", b"wait=%C3%A9", b"wait=true&wait=false"])
def test_a_wait_that_is_neither_is_refused(query: bytes) -> None:
    refused = wish_of({}, query)
    assert isinstance(refused, Answer)
    assert (refused.status, refused.body) == (400, b'{"error":"wait is true or false"}')


@pytest.mark.parametrize("key", [b"", b'"', b'""', b'a"b', b"\xe9", b"a\tb", b"k" * 256])
def test_a_key_that_is_none_is_refused_and_not_overlooked(key: bytes) -> None:
    refused = wish_of({b"idempotency-key": key}, b"")
    assert isinstance(refused, Answer)
    assert refused.status == 400
    assert not re.fullmatch(KEY, key.decode("latin-1"))
