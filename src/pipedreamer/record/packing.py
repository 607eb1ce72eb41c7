"""How a run's input, attempts and lines lie in one column, and which of its values lie beside it.

In the place of a value that lies beside there is its length.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from msgspec import Struct, msgpack

from pipedreamer.errors import ValueTooBigError
from pipedreamer.record.model import Attempt, AttemptState, Line, Run, Summary, Value
from pipedreamer.record.store import Limits

INPUT: Final = "input"
LINES: Final = "lines"

_encode = msgpack.Encoder().encode


class Packed(Struct, frozen=True, gc=False):
    """A column's content, and by name what lies beside it."""

    column: bytes
    beside: Mapping[str, bytes] = {}


class _Attempt(Struct, array_like=True):
    node: str
    number: int
    state: AttemptState
    started_at: int
    ended_at: int | None
    output: Value | int | None
    error: str


class _Detail(Struct, array_like=True):
    input: Value | int
    attempts: list[_Attempt]
    lines: list[Line] | int


class _Extra(Struct, array_like=True):
    """What few runs have."""

    rerun_of: str | None
    rerun_from: tuple[str, ...]
    key: str | None
    key_digest: bytes | None


_decode_detail = msgpack.Decoder(_Detail).decode
_decode_attempt = msgpack.Decoder(_Attempt).decode
_decode_extra = msgpack.Decoder(_Extra).decode
_decode_lines = msgpack.Decoder(list[Line]).decode
decode_line: Final = msgpack.Decoder(Line).decode
encode_line: Final[Callable[[Line], bytes]] = _encode
Fetch = Callable[[str], bytes]
"""What lies beside under this name."""


def pack_run(run: Run, limits: Limits) -> Packed:
    """Raises `ValueTooBigError`."""
    column = _encode((run.input, run.attempts, run.lines))
    if len(column) <= limits.inline:
        return Packed(column)
    values = {INPUT: run.input, LINES: _encode(run.lines)}
    values.update((_name(one), one.output) for one in run.attempts if one.output is not None)
    beside = _beside(run.id, values, limits)
    fields = (
        len(run.input) if INPUT in beside else run.input,
        [_referring(attempt) if _name(attempt) in beside else attempt for attempt in run.attempts],
        len(beside[LINES]) if LINES in beside else run.lines,
    )
    return Packed(_encode(fields), beside)


def pack_attempt(run_id: str, attempt: Attempt, limits: Limits) -> Packed:
    """Raises `ValueTooBigError`."""
    output = attempt.output
    if output is None or len(output) <= limits.inline:
        return Packed(_encode(attempt))
    beside = _beside(run_id, {_name(attempt): output}, limits)
    return Packed(_encode(_referring(attempt)), beside)


def pack_extra(run: Summary) -> bytes | None:
    if run.key is None and run.rerun_of is None and not run.rerun_from:
        return None
    return _encode((run.rerun_of, run.rerun_from, run.key, run.key_digest))


def unpack_extra(column: bytes | None) -> dict[str, Any]:
    """As the fields of a summary."""
    if column is None:
        return {}
    extra = _decode_extra(column)
    return {field: getattr(extra, field) for field in extra.__struct_fields__}


def unpack_run(column: bytes, fetch: Fetch) -> tuple[Value, tuple[Attempt, ...], tuple[Line, ...]]:
    """Input, attempts and lines."""
    detail = _decode_detail(column)
    given = fetch(INPUT) if isinstance(detail.input, int) else detail.input
    return given, tuple(_whole(one, fetch) for one in detail.attempts), _lines(detail.lines, fetch)


def unpack_lines(column: bytes, fetch: Fetch) -> tuple[Line, ...]:
    """Lines alone."""
    return _lines(_decode_detail(column).lines, fetch)


def unpack_attempt(column: bytes, fetch: Fetch) -> Attempt:
    return _whole(_decode_attempt(column), fetch)


def in_order(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Attempts as they ended, those under way last."""
    return tuple(sorted(attempts, key=lambda one: sys.maxsize if one.ended_at is None else one.ended_at))


def _lines(kept: list[Line] | int, fetch: Fetch) -> tuple[Line, ...]:
    return tuple(_decode_lines(fetch(LINES)) if isinstance(kept, int) else kept)


def _whole(kept: _Attempt, fetch: Fetch) -> Attempt:
    output = fetch(f"{kept.node}.{kept.number}") if isinstance(kept.output, int) else kept.output
    return Attempt(kept.node, kept.number, kept.state, kept.started_at, kept.ended_at, output, kept.error)


def _name(attempt: Attempt) -> str:
    return f"{attempt.node}.{attempt.number}"


def _referring(attempt: Attempt) -> _Attempt:
    length = len(cast("bytes", attempt.output))
    one = attempt
    return _Attempt(one.node, one.number, one.state, one.started_at, one.ended_at, length, one.error)


def _beside(run_id: str, values: Mapping[str, bytes], limits: Limits) -> dict[str, bytes]:
    """The largest, until what is left fits into the column."""
    inside = sum(map(len, values.values()))
    beside: dict[str, bytes] = {}
    for name, value in sorted(values.items(), key=lambda item: len(item[1]), reverse=True):
        if len(value) > limits.value:
            raise ValueTooBigError(
                f"run {run_id}: {_said(name)} has {len(value):,} bytes, and the record takes {limits.value:,} a value:"
                " pass a reference to it in its place, or raise the limit"
            )
        if inside <= limits.inline:
            break
        beside[name] = value
        inside -= len(value)
    return beside


def _said(name: str) -> str:
    node, _, number = name.rpartition(".")
    return f'the output of node "{node}" (attempt {number})' if node else f"its {name}"
