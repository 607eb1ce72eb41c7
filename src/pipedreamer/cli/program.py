"""The program's frame: reads the command line, runs one command, ends with its exit code."""

import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from pipedreamer.cli import streams
from pipedreamer.cli.commands import LazyGroup
from pipedreamer.cli.failure import report
from pipedreamer.cli.options import add_global_options
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import UsageError
from pipedreamer.version import __version__

NAME = "pipedreamer"


def main() -> NoReturn:
    """Run the program on this process's arguments; does not return."""
    try:
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _open_standard_streams()
        streams.prepare()
        group = root()
        if os.environ.get(f"_{NAME.upper()}_COMPLETE"):
            group.main(prog_name=NAME)  # a shell asks for completions: Typer answers and exits
        code = run(group, sys.argv[1:])
        streams.settle()
    except KeyboardInterrupt:
        streams.drop()
        code = 128 + signal.SIGINT
    sys.exit(code)


def _open_standard_streams() -> None:
    """Open what the caller closed: the next file would take its number, and libuv ends the process over that."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
        pass
    os.close(descriptor)


def run(group: TyperGroup, args: list[str]) -> int:
    """Run one command line and return the exit code; whatever went wrong has been reported by then."""
    terminal = Terminal.from_environment(args)
    try:
        with group.make_context(NAME, list(args), obj=terminal) as context:
            group.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except Exception as error:  # noqa: BLE001 - the last place where an error can become one line
        if isinstance(error, BrokenPipeError) and streams.reader_gone():
            return 128 + signal.SIGPIPE
        return report(error, terminal)
    return 0


def root() -> TyperGroup:
    """The program as a group of commands, none of them loaded yet."""
    # Help is plain text: with Rich it takes 100 ms more, and `--help` has 150 in all.
    app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
    app.callback(invoke_without_command=True)(_start)
    group = get_command(app)
    if not isinstance(group, TyperGroup):
        raise TypeError("a Typer with a callback is a group")
    add_global_options(group)
    return group


def _start(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Turn a folder with workflow.yaml and small functions into a running workflow."""
    terminal: Terminal = context.obj
    if version:
        terminal.answer({"version": __version__}, f"{NAME} {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        if terminal.output == "json":
            raise UsageError(f"no command was given (see `{NAME} --help`)")
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
