"""Turns the words of a command line into values, in place of Typer's own way, which imports pydantic (100 ms)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup


class QuickCommand(TyperCommand):
    """A command whose parameters of plain types are read without pydantic; others keep Typer's coercion."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _quickened(super().get_params(ctx))


class QuickGroup(TyperGroup):
    """The same for a group of commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _quickened(super().get_params(ctx))


@dataclass(frozen=True, slots=True)
class _Coercion:
    """Stands where Typer keeps its coercion of one parameter."""

    convert: Callable[[Any], Any]

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        try:
            if param.multiple or param.nargs == -1:
                return tuple(self.convert(word) for word in value or ())
            return None if value is None else self.convert(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from error


def _quickened(params: list[Any]) -> list[Any]:
    for param in params:
        descriptor = getattr(param, "type_descriptor", None)
        convert = _converter(descriptor.annotation, descriptor.parameter_info) if descriptor else None
        if convert is not None:
            # Typer has no public place for this. Were the attribute renamed, commands would be right and slow.
            vars(param)["_runtime_param"] = _Coercion(convert)
    return params


def _converter(annotation: Any, info: Any) -> Callable[[Any], Any] | None:
    if info.parser is not None or (annotation is bool and info.envvar):
        return None
    if get_origin(annotation) is list:
        return _converter(get_args(annotation)[0], info)
    if get_origin(annotation) is Literal:
        return partial(_one_of, get_args(annotation))
    if annotation is int:
        return partial(_whole_number, info.min, info.max)
    # A flag arrives as a bool, or not at all.
    return annotation if annotation in (str, Path, bool) else None


def _one_of(choices: tuple[str, ...], word: str) -> str:
    if word not in choices:
        raise ValueError(f"{word!r} is none of {', '.join(choices)}")
    return word


def _whole_number(least: int | None, most: int | None, word: str | int) -> int:
    try:
        number = int(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a whole number") from None
    if least is not None and number < least:
        raise ValueError(f"{number} is less than {least}")
    if most is not None and number > most:
        raise ValueError(f"{number} is more than {most}")
    return number
