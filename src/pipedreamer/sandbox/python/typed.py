"""A node's `input` annotation, turned into a check: the value is validated into the type before the node sees it."""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import msgspec

Convert = Callable[[Any], Any]

_UNCHECKED = (Any, object, inspect.Parameter.empty, None)
_PLAIN = {dict: "an object", list: "an array", str: "text", bool: "true or false"}


class InputError(Exception):
    """The input does not fit the annotation; the message names the field."""


def converter(function: Callable[..., Any]) -> Convert | None:
    """What to do with the input of `run(ctx, input)`; None when its annotation asks for nothing.

    Raises `TypeError` when the annotation cannot be resolved or is no type that can be checked.
    """
    kind = _annotation(function)
    if kind in _UNCHECKED:
        return None
    origin = typing.get_origin(kind) or kind
    if origin in _PLAIN and typing.get_args(kind) in ((), (str, Any)):
        return _plain_check(origin)
    if hasattr(kind, "model_validate"):
        return _pydantic(kind)
    try:
        msgspec.json.Decoder(kind)
    except TypeError as error:
        raise TypeError(f"the annotation of `input` cannot be checked: {error}") from error
    return _msgspec(kind)


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


def _plain_check(kind: type) -> Convert:
    def check(value: Any) -> Any:
        if not isinstance(value, kind):
            raise InputError(f"input: expected {_PLAIN[kind]}, got {_named(value)}")
        return value

    return check


def _msgspec(kind: Any) -> Convert:
    def convert(value: Any) -> Any:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            text, _, place = str(error).partition(" - at `$")
            field = "input" + place.removesuffix("`")
            raise InputError(f"{field}: {text[0].lower()}{text[1:]}") from None

    return convert


def _pydantic(kind: Any) -> Convert:
    def convert(value: Any) -> Any:
        try:
            return kind.model_validate(value)
        except ValueError as error:
            details = getattr(error, "errors", None)
            if not callable(details):
                raise
            said = [
                ".".join(["input", *map(str, item["loc"])]) + ": " + item["msg"]
                for item in details(include_url=False, include_context=False)
            ]
            raise InputError("; ".join(said)) from None

    return convert


def _named(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
