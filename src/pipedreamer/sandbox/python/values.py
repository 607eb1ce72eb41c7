"""Values between nodes are JSON values: what a node returns becomes JSON text, or an error that names the place."""

import dataclasses
import math
from typing import Any

import msgspec
import orjson

from pipedreamer.sandbox.protocol import VALUE_LIMIT

JsonText = bytes

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
_LONG_TEXT = 1024 * 1024
_SUGGESTIONS = {
    "datetime": "return .isoformat()",
    "date": "return .isoformat()",
    "time": "return .isoformat()",
    "bytes": "return text, or base64 of it",
    "bytearray": "return text, or base64 of it",
    "set": "return a sorted list",
    "frozenset": "return a sorted list",
    "Decimal": "return a number or text",
    "UUID": "return str() of it",
    "coroutine": "is an `await` missing?",
    "generator": "return a list",
}


class NotJsonError(Exception):
    """A value that JSON does not have; the message names the path inside the value."""

    said = "is not JSON"


class TooLargeError(NotJsonError):
    """A value that is JSON, and larger than may be passed on."""

    said = "is too large"


def to_json(value: Any) -> JsonText:
    """The JSON text of what a node returned.

    Takes what `json.dumps` takes, and dataclasses, msgspec structs and pydantic models. NaN, infinities and integers
    beyond 64 bits are errors: other languages could not hold them.
    """
    if _has_long_text(value):
        return _within_limit(_frugally(value))
    try:
        text = orjson.dumps(value, _as_plain, _OPTIONS)
    except (TypeError, RecursionError) as error:
        problem = find_problem(value)
        raise NotJsonError(problem or f"cannot be written as JSON: {error}") from None
    # orjson writes NaN as null, so a null is the one thing worth a second look.
    if b"null" in text and (problem := find_problem(value)):
        raise NotJsonError(problem)
    return _within_limit(text)


def _within_limit(text: JsonText) -> JsonText:
    if len(text) > VALUE_LIMIT:
        raise TooLargeError(f"output has {len(text):,} bytes, the limit is {VALUE_LIMIT:,}: pass a reference instead")
    return text


def _has_long_text(value: Any) -> bool:
    """Whether a value is a long text, or holds one where long ones usually stand."""
    if type(value) is str:
        return len(value) > _LONG_TEXT
    if type(value) is dict:
        for part in value.values():
            if type(part) is str and len(part) > _LONG_TEXT:
                return True
    return False


def _frugally(value: Any) -> JsonText:
    """JSON text made without reserving memory for the worst case.

    orjson reserves eight times the length of a text, and where that memory is not to be had it ends the process.
    """
    if problem := find_problem(value):
        raise NotJsonError(problem)
    return msgspec.json.encode(value, enc_hook=_as_plain)


def find_problem(value: Any) -> str | None:
    """The first thing in a value that JSON does not have, with its path; None when there is none."""
    waiting: list[tuple[str, Any, int]] = [("output", value, 0)]
    while waiting:
        path, item, depth = waiting.pop()
        if depth > 250:
            return f"{path[:60]}... nests deeper than 250 levels (does it contain itself?)"
        item = _plain_or_self(item)
        if isinstance(item, dict):
            for key in item:
                if not isinstance(key, str):
                    return f"{path} has the key {key!r}, a {type(key).__name__}; JSON keys are text"
                if problem := _scalar_problem(key):
                    return f"a key of {path} {problem}"
            waiting.extend((f"{path}.{key}", item[key], depth + 1) for key in reversed(item))
        elif isinstance(item, list | tuple):
            waiting.extend((f"{path}[{i}]", item[i], depth + 1) for i in reversed(range(len(item))))
        elif problem := _scalar_problem(item):
            return f"{path} {problem}"
    return None


def _scalar_problem(item: Any) -> str | None:
    if item is None or isinstance(item, bool):
        return None
    if isinstance(item, int):
        return None if -(2**63) <= item < 2**64 else "is an integer beyond 64 bits; return it as text"
    if isinstance(item, float):
        return None if math.isfinite(item) else f"is {item}, which JSON does not have; return None or text"
    if isinstance(item, str):
        try:
            item.encode()
        except UnicodeEncodeError:
            return "holds half of a character (a lone surrogate), which is not text"
        return None
    kind = type(item).__name__
    hint = _SUGGESTIONS.get(kind)
    return f"is a {kind}, which is no JSON value" + (f": {hint}" if hint else "")


def _plain_or_self(item: Any) -> Any:
    if isinstance(item, dict | list | tuple | str | int | float | type(None)):
        return item
    try:
        return _as_plain(item)
    except TypeError:
        return item


def _as_plain(item: Any) -> Any:
    """What orjson asks about a thing it does not know: structs, models, and subclasses of the plain types."""
    if isinstance(item, msgspec.Struct):
        names = zip(type(item).__struct_encode_fields__, type(item).__struct_fields__, strict=True)
        return {encoded: getattr(item, name) for encoded, name in names}
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    dump = getattr(item, "model_dump", None)
    if callable(dump) and not isinstance(item, type):
        return dump(mode="json")
    plain: tuple[type, ...] = (str, int, float, dict, list)
    for kind in plain:
        if isinstance(item, kind):
            return kind(item)
    if isinstance(item, tuple):
        return list(item)
    raise TypeError(type(item).__name__)
