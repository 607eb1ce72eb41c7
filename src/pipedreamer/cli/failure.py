"""Tells a person why a command failed: one line (or one JSON document), the exit code, never a traceback unasked."""

import errno
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

import typer

from pipedreamer.cli.problems import as_document, path_from_here, say_problems
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import PipedreamerError, ProblemsError, UsageError
from pipedreamer.version import __version__


def report(error: Exception, terminal: Terminal) -> int:
    """Print why a command failed and return the exit code that it ends with.

    Where stdout cannot take the JSON of it, stderr gets the line.
    """
    for way in (terminal, Terminal("text")):
        with suppress(OSError):
            return _told(error, way)
    return 1


def _told(error: Exception, terminal: Terminal) -> int:
    if terminal.verbose:
        terminal.say("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, ProblemsError):
        if terminal.output == "json":
            terminal.answer({"ok": False, "problems": as_document(error.problems)}, "")
        else:
            say_problems(terminal, error.problems)
        return error.exit_code
    message, code = _explain(error)
    if terminal.output == "json":
        kind = UsageError if isinstance(error, typer.TyperException) else type(error)
        terminal.answer({"error": {"type": kind.__name__, "message": message}}, "")
    else:
        terminal.complain(message)
    return code


def _explain(error: Exception) -> tuple[str, int]:
    if isinstance(error, typer.TyperException):
        return _wrong_use(error), error.exit_code
    if isinstance(error, PipedreamerError):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{path_from_here(Path(os.fsdecode(error.filename)))}: {error.strerror}", 1
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the output cannot be written: {error.strerror}", 1
    return f"unexpected {type(error).__name__}: {_one_line(str(error))} ({_details(error)}; please report it)", 1


def _wrong_use(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (see `{context.command_path} --help`)" if context else ""
    return _one_line(error.format_message()).rstrip(".") + hint


def _details(error: Exception) -> str:
    """Keep the traceback for a report, and say where it is."""
    name = None
    try:
        handle, name = tempfile.mkstemp(prefix="pipedreamer-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            # Not the arguments: what a person passes as input is theirs, and this file is meant to be sent on.
            file.write(f"pipedreamer {__version__}, Python {sys.version}, {sys.platform}\n")
            file.writelines(traceback.format_exception(error))
    except OSError:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        return "run it again with --verbose for details"
    return f"details are in {name}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
