"""The list of commands, and the group that loads one when it is asked for."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from pipedreamer.cli.coercion import QuickCommand, QuickGroup
from pipedreamer.cli.options import add_global_options

# name: one line of help. The module is `pipedreamer.cli.<name>`, its function is `command`, and the first line of the
# function's docstring is the same text (a test compares them). In the order in which a person meets them.
COMMANDS = {
    "init": "Make a workflow folder that runs as it is.",
    "validate": "Check a workflow folder and print every problem at once.",
    "test": "Run a workflow's nodes on their fixtures and compare.",
    "dev": "Run a workflow here and take up every edit.",
    "run": "Run a workflow folder once and print the result.",
    "serve": "Serve a workflow over HTTP, as in production.",
    "runs": "Look at the runs of a served workflow, cancel and repeat them.",
    "token": "Print a new token, for `serve --tokens`.",
    "permissions": "Show what a workflow's nodes may reach, and what not.",
    "visualize": "Draw a workflow as Mermaid, DOT, SVG or HTML.",
    "types": "Tell editors the types of TypeScript nodes.",
    "schema": "Print the JSON Schema of workflow.yaml, for editors.",
    "lock": "Write down the exact versions of a workflow's packages.",
}


class LazyGroup(QuickGroup):
    """A group whose commands are names and help until one is run.

    Help, completion of names and suggestions need no more; the module is imported by `resolve_command`.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, text in COMMANDS.items():
            self.add_command(TyperCommand(name, short_help=text))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        return name, load(name) if name and found else None, rest


def load(name: str) -> TyperCommand | TyperGroup:
    """Import a command's module and build the command from its function."""
    module = import_module(f"{__package__}.{name.replace('-', '_')}")
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(name, cls=QuickCommand)(module.command)
    built = get_command(app)
    if not isinstance(built, (TyperCommand, TyperGroup)):
        raise TypeError(f"{module.__name__} gives no command")
    add_global_options(built)
    return built
