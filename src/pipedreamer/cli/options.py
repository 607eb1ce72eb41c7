"""The options that every command takes, before its name or after it."""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from pipedreamer.cli.terminal import Output


def _declared(
    output: Annotated[
        Output | None, typer.Option("--output", "-o", help="How to answer: text for people, json for programs.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more, and show where an error came from.")] = False,
) -> None:
    """The global options, in Typer's way of declaring; each is an attribute of `Terminal`."""


def add_global_options(command: TyperCommand | TyperGroup) -> None:
    """Let a command take the global options too; what it is given replaces what stood before the command."""
    app = typer.Typer(add_completion=False)
    app.command()(_declared)
    for option in get_command(app).params:
        option.expose_value = False
        option.callback = _record
        command.params.append(option)


def _record(context: Any, option: Any, value: object) -> object:
    if value and not context.resilient_parsing:
        setattr(context.obj, option.name, value)
    return value
