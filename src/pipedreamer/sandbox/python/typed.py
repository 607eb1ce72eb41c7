"""A node's `input` annotation, turned into a check: the value is validated into the type before the node sees it."""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import msgspec
import orjson

Read = Callable[[bytes], Any]
"""From the JSON text of a node's input to what the node is given; raises `InputError`."""

_UNCHECKED = (Any, object, inspect.Parameter.empty, None)
_PLAIN = {dict: "an object", list: "an array", str: "text", bool: "true or false"}


class InputError(Exception):
    """The input does not fit the annotation; the message names the field."""


def reader(function: Callable[..., Any]) -> Read:
    """How the input of `run(ctx, input)` is read, by its annotation.

    Raises `TypeError` when the annotation cannot be resolved or is no type that can be checked.
    """
    kind = _annotation(function)
    if kind in _UNCHECKED:
        return orjson.loads
    origin = typing.get_origin(kind) or kind
    if origin in _PLAIN and typing.get_args(kind) in ((), (str, Any)):
        return _plain(origin)
    if hasattr(kind, "model_validate"):
        return _pydantic(kind)
    try:
        return _typed(msgspec.json.Decoder(kind))
    except TypeError as error:
        raise TypeError(f"the annotation of `input` cannot be checked: {error}") from error


def _annotation(function: Callable[..., Any]) -> Any:
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) < 2:
        return None
    annotation = parameters[1].annotation
    if not isinstance(annotation, str):
        return annotation
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return eval(annotation, scope)  # noqa: S307 - a node's own annotation, in the node's own process
    except Exception as error:
        raise TypeError(
            f"the annotation {annotation!r} of `input` cannot be resolved: {error} "
            "(a type imported under TYPE_CHECKING must be imported for real)"
        ) from error


def _plain(kind: type) -> Read:
    def read(text: bytes) -> Any:
        value = orjson.loads(text)
        if not isinstance(value, kind):
            raise InputError(f"input: expected {_PLAIN[kind]}, got {_named(value)}")
        return value

    return read


def _typed(decoder: msgspec.json.Decoder[Any]) -> Read:
    decode = decoder.decode

    def read(text: bytes) -> Any:
        try:
            return decode(text)
        except msgspec.ValidationError as error:
            said, _, place = str(error).partition(" - at `$")
            field = "input" + place.removesuffix("`")
            raise InputError(f"{field}: {said[0].lower()}{said[1:]}") from None

    return read


def _pydantic(kind: Any) -> Read:
    def read(text: bytes) -> Any:
        try:
            return kind.model_validate(orjson.loads(text))
        except ValueError as error:
            details = getattr(error, "errors", None)
            if not callable(details):
                raise
            said = [
                ".".join(["input", *map(str, item["loc"])]) + ": " + item["msg"]
                for item in details(include_url=False, include_context=False)
            ]
            raise InputError("; ".join(said)) from None

    return read


def _named(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
