"""The worker's side of the wire understands msgspec's msgpack and writes what msgspec understands."""

import math
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sandbox.deno.driver import DENO, PATIENCE_S

from pipedreamer.sandbox.framing import HEAD

EXACT = 2**53
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-EXACT, EXACT),
    st.floats(allow_nan=False),
    st.text(),
    st.text("aä€😀", max_size=80),
    st.binary(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20),
        st.dictionaries(st.one_of(st.text(), st.integers(-EXACT, EXACT)), inner, max_size=20),
    ),
    max_leaves=40,
)
EDGES = [
    *(sign * (2**power + step) for power in (5, 7, 8, 15, 16, 31, 32, 52) for step in (-1, 0, 1) for sign in (1, -1)),
    *("x" * length for length in (0, 23, 24, 31, 32, 40, 41, 255, 256, 65535, 65536)),
    *("ß" * length for length in (11, 12, 16, 127, 128, 32768)),
    *(b"x" * length for length in (0, 255, 256, 65535, 65536, 3_000_000)),
    *([None] * length for length in (0, 15, 16, 65535, 65536)),
    *({number: number for number in range(length)} for length in (0, 15, 16, 65536)),
    1e300, -1e300, 0.1, math.inf, -math.inf, 2.0**63, 2.0**64, -(2.0**63), -(2.0**64),
    "😀" * 30_000, "text" * 5_000_000,
]  # fmt: skip

Echo = Callable[[Any], Any]


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE_S)
    script = Path(__file__).with_name("echo.ts")
    process = subprocess.Popen([DENO, "run", "--no-config", str(script)], stdin=theirs.fileno(), stdout=theirs.fileno())
    theirs.close()

    def exactly(size: int) -> bytearray:
        data = bytearray()
        while len(data) < size:
            piece = ours.recv(min(size - len(data), 1 << 20))
            assert piece, "the process has ended"
            data += piece
        return data

    def ask(value: Any) -> Any:
        body = msgspec.msgpack.encode(value)
        ours.sendall(HEAD.pack(len(body)) + body)
        return msgspec.msgpack.decode(exactly(HEAD.unpack(exactly(HEAD.size))[0]))

    yield ask
    ours.close()
    assert process.wait(PATIENCE_S) == 0


def _sent_back(value: Any) -> Any:
    if isinstance(value, dict):
        return ["map", *([key, _sent_back(item)] for key, item in value.items())]
    return [_sent_back(item) for item in value] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


@given(VALUES)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_what_msgspec_wrote_comes_back_as_it_was(echo: Echo, value: Any) -> None:
    assert _same(echo(value), _sent_back(value))


@pytest.mark.parametrize("value", EDGES, ids=lambda value: f"{type(value).__name__}-{str(value)[:12]}")
def test_lengths_and_sizes_at_which_the_format_changes(echo: Echo, value: Any) -> None:
    assert _same(echo(value), _sent_back(value))


def test_nan_is_not_lost(echo: Echo) -> None:
    assert math.isnan(echo(math.nan))


def test_times_beyond_what_a_double_holds_are_rounded_and_nothing_worse(echo: Echo) -> None:
    assert echo(2**53 + 1) == 2**53
    assert abs(echo(2**64 - 1) - 2**64) <= 2**11
    assert abs(echo(-(2**63)) + 2**63) <= 2**11
