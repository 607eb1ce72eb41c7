"""Frames survive any cut of the stream; anything else is a ValueError and nothing worse."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipedreamer.sandbox.framing import Unpacker, pack
from pipedreamer.sandbox.protocol import LogLine, Outcome, Ready, ToEngine

MESSAGES: tuple[ToEngine, ...] = (
    Ready(),
    LogLine(run=1, node=2, attempt=1, level="info", message="hä"),
    Outcome(run=1, node=0, attempt=1, started=5, ended=6, state="ok", value=b"{}", last=True),
)


@given(cuts=st.lists(st.integers(0, 200), max_size=8))
@settings(derandomize=True, deadline=None)
def test_messages_arrive_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = b"".join([pack(message) for message in MESSAGES])
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    unpacker = Unpacker(ToEngine)
    arrived = [m for a, b in pairwise(edges) for m in unpacker.feed(stream[a:b])]
    assert tuple(arrived) == MESSAGES
    assert unpacker.received == len(stream)


@given(st.binary(max_size=300))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_any_bytes_are_messages_or_a_value_error(data: bytes) -> None:
    unpacker = Unpacker(ToEngine, limit=100)
    try:
        list(unpacker.feed(data))
    except ValueError:
        return


def test_a_frame_over_the_limit_is_refused_before_it_is_collected() -> None:
    with pytest.raises(ValueError, match="over the limit"):
        list(Unpacker(ToEngine, limit=10).feed((11).to_bytes(4, "little")))
