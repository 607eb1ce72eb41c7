"""A worker that writes whatever it likes on the wire: the engine neither crashes nor hangs nor grows, and no run in
another worker is answered by it.

Frames are made from the protocol's own types, so that a message which is added later is tried too, and from bytes.
"""

import asyncio
import base64
import os
import resource
from pathlib import Path
from typing import Any, get_args

import msgspec
import msgspec.inspect as shape
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.sandbox.protocol import FRAME_LIMIT, ToEngine

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "50"))
ROGUE = """
    import asyncio, base64, os, stat
    async def run(ctx, input):
        if "written" not in input:
            await asyncio.sleep(0.01)
            return [input["number"], os.getpid()]
        for descriptor in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                    os.set_blocking(descriptor, True)
                    os.write(descriptor, base64.b64decode(input["written"]))
            except OSError:
                pass
        await asyncio.sleep(0.01)
        return "written"
"""
numbers = st.integers(-3, 12) | st.integers(-(2**63), 2**64 - 1)
texts = st.sampled_from([b"", b"null", b"{", b'"\xff"', b"[" * 2000, b"1" * 300]) | st.binary(max_size=40)
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.floats() | st.text(max_size=10) | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5) | numbers, inner, max_size=4),
    max_leaves=12,
)


def values(kind: shape.Type) -> st.SearchStrategy[Any]:
    """What fits a field of this type, as it is on the wire; now and then what does not."""
    match kind:
        case shape.IntType():
            fitting: st.SearchStrategy[Any] = numbers
        case shape.BytesType():
            fitting = texts
        case shape.StrType():
            fitting = st.text(max_size=30) | st.just("x" * 5000)
        case shape.BoolType():
            fitting = st.booleans()
        case shape.FloatType():
            fitting = st.floats()
        case shape.NoneType():
            fitting = st.none()
        case shape.LiteralType():
            fitting = st.sampled_from(kind.values)
        case shape.UnionType():
            fitting = st.one_of(*map(values, kind.types))
        case shape.VarTupleType() | shape.ListType():
            fitting = st.lists(values(kind.item_type), max_size=4)
        case shape.TupleType():
            fitting = st.tuples(*map(values, kind.item_types)).map(list)
        case shape.DictType():
            fitting = st.dictionaries(values(kind.key_type), values(kind.value_type), max_size=3)
        case shape.StructType():
            fitting = fields(kind)
        case _:
            fitting = anything
    return st.one_of(fitting, fitting, fitting, anything)


def fields(kind: shape.StructType) -> st.SearchStrategy[Any]:
    inside = st.tuples(*(values(field.type) for field in kind.fields)).map(list)
    return inside if kind.tag is None else inside.map(lambda found: [kind.tag, *found])


messages = st.one_of(*(values(shape.type_info(message)) for message in get_args(ToEngine)))


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


def encoded(message: Any) -> bytes:
    try:
        return framed(msgspec.msgpack.encode(message))
    except (OverflowError, ValueError, TypeError, UnicodeEncodeError):
        return framed(b"\xc1")


lengths = st.sampled_from([0, 1, FRAME_LIMIT, FRAME_LIMIT + 1, 2**31, 2**32 - 1]).map(lambda n: n.to_bytes(4, "little"))
writings = st.lists(
    st.one_of(messages.map(encoded), messages.map(encoded), anything.map(encoded), st.binary(max_size=60), lengths),
    min_size=1,
    max_size=8,
).map(b"".join)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
async def test_whatever_a_worker_writes_other_workers_runs_are_answered_rightly(
    write_workflow: Any, start_session: Any
) -> None:
    folder = write_workflow({"n": ROGUE}, extra="config: {timeout: 5s}\n")
    bench = await start_session(folder, Capacity(workers=2, running=32))

    async def once(written: bytes) -> None:
        rogue = asyncio.ensure_future(bench.run({"written": base64.b64encode(written).decode()}))
        honest = [asyncio.ensure_future(bench.run({"number": number})) for number in range(3)]
        answers = await asyncio.wait_for(asyncio.gather(rogue, *honest, return_exceptions=True), 60)
        for number, answer in enumerate(answers[1:]):
            assert not isinstance(answer, BaseException), answer
            if answer.outputs.get("n", b"").startswith(b"["):
                assert answer.output("n")[0] == number
        assert (await asyncio.wait_for(bench.run({"number": 7}), 60)).output("n")[0] == 7

    loop = asyncio.get_running_loop()

    @seed(20261121)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(writings)
    def fuzz(written: bytes) -> None:
        asyncio.run_coroutine_threadsafe(once(written), loop).result(120)

    for _ in range(3):
        await once(framed(b"\xc1"))
    files, peak = open_files(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await asyncio.to_thread(fuzz)
    assert open_files() <= files + 12
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 400 * 1024
