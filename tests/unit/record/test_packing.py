"""What is packed is what is unpacked, wherever its parts lie."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integration.record.samples import finished

from pipedreamer.errors import ValueTooBigError
from pipedreamer.record import Attempt, Limits, Line, Run
from pipedreamer.record.packing import pack_attempt, pack_run, unpack_attempt, unpack_lines, unpack_run

values = st.integers(0, 60).map(lambda size: b"x" * size)
attempts = st.lists(
    st.builds(
        Attempt,
        node=st.sampled_from(("read", "lines", "input", "a.b")),
        number=st.integers(1, 3),
        state=st.sampled_from(("ok", "retry", "failed")),
        started_at=st.integers(0, 2**48),
        ended_at=st.none() | st.integers(0, 2**48),
        output=st.none() | values,
        error=st.text(max_size=9),
    ),
    max_size=5,
    unique_by=lambda attempt: (attempt.node, attempt.number),
)
lines = st.lists(
    st.builds(
        Line,
        number=st.integers(1, 2**31),
        at=st.integers(0, 2**48),
        node=st.text(max_size=5),
        attempt=st.integers(0, 9),
        level=st.sampled_from(("info", "error")),
        message=st.text(max_size=30),
    ),
    max_size=4,
)
runs = st.builds(
    lambda given, did, said: finished(input=given, attempts=tuple(did), lines=tuple(said)), values, attempts, lines
)


@given(runs, st.integers(0, 200))
def test_a_run_is_unpacked_as_it_was(run: Run, inline: int) -> None:
    packed = pack_run(run, Limits(inline=inline))
    assert unpack_run(packed.column, packed.beside.__getitem__) == (run.input, run.attempts, run.lines)
    assert unpack_lines(packed.column, packed.beside.__getitem__) == run.lines


@given(runs)
def test_what_fits_lies_in_one_column(run: Run) -> None:
    column = pack_run(run, Limits()).column
    assert pack_run(run, Limits(inline=len(column))).beside == {}


def test_the_largest_values_lie_beside_and_the_rest_stays() -> None:
    did = tuple(Attempt("read", number, "ok", 0, 1, b"x" * size) for number, size in ((1, 300), (2, 500), (3, 30)))
    packed = pack_run(finished(attempts=did), Limits(inline=400))
    assert {name: len(value) for name, value in packed.beside.items()} == {"read.2": 500}
    assert len(packed.column) < 600


@given(attempts, st.integers(0, 60))
def test_an_attempt_is_unpacked_as_it_was(did: list[Attempt], inline: int) -> None:
    for attempt in did:
        packed = pack_attempt("id", attempt, Limits(inline=inline))
        assert unpack_attempt(packed.column, packed.beside.__getitem__) == attempt


@pytest.mark.parametrize("size", [59, 60, 61])
def test_a_value_past_the_limit_is_refused(size: int) -> None:
    limits, output = Limits(inline=10, value=60), b"x" * size
    did = Attempt("read", 2, "ok", 0, 1, output)
    run = finished(lines=(), input=b"1", attempts=(did,))
    for pack in (partial(pack_run, run, limits), partial(pack_attempt, "id", did, limits)):
        if size <= 60:
            assert pack().beside == {"read.2": output}
        else:
            with pytest.raises(ValueTooBigError, match=r'the output of node "read" \(attempt 2\) has 61 bytes'):
                pack()
