"""Where a command writes: its answer to stdout, everything else to stderr, coloured only where a person looks."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Literal, TextIO

import typer

Output = Literal["text", "json"]


class Terminal:
    """What the global options say about output; the options' values are written into it while they are read."""

    def __init__(self, output: Output = "text", verbose: bool = False) -> None:
        self.output = output
        self.verbose = verbose

    @classmethod
    def from_environment(cls, args: Sequence[str]) -> "Terminal":
        """As it is before the command line is read: an error in reading it is then told in the form it asks for."""
        return cls("json" if _asks_for_json(args) else "text", os.environ.get("PIPEDREAMER_DEBUG", "") not in ("", "0"))

    def answer(self, document: object, text: str) -> None:
        """Write a command's one answer to stdout: the document as JSON, or the text."""
        typer.echo(json_text(document) if self.output == "json" else text)

    def say(self, line: str) -> None:
        """Write a line to stderr: progress, warnings, errors."""
        typer.echo(line, err=True, color=wants_colour(sys.stderr, os.environ))

    def complain(self, message: str) -> None:
        """Write to stderr what went wrong; the words may be a node's, and a terminal must not obey them."""
        from pipedreamer.runtime.logs import harmless  # here, because help needs none of it

        self.say(typer.style("error:", fg="red", bold=True) + f" {harmless(message)}")

    @contextmanager
    def working(self) -> Iterator[Callable[[str], None]]:
        """Show that long work goes on; what it yields takes a message each time something else is done.

        On a terminal the messages take turns on one line, elsewhere each is a line of its own.
        """
        if not _shows_motion(sys.stderr, os.environ):
            yield self.say
            return
        from rich.console import Console  # here, because it takes 50 ms
        from rich.text import Text

        with Console(stderr=True).status("") as status:
            yield lambda line: status.update(Text(line))


def json_text(document: object) -> str:
    """A value as JSON that a person can read too."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream: NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "") not in ("", "0"):
        return True
    return _shows_motion(stream, environment)


def _shows_motion(stream: TextIO, environment: Mapping[str, str]) -> bool:
    return stream.isatty() and environment.get("TERM") != "dumb"


def _asks_for_json(args: Sequence[str]) -> bool:
    words = list(args[: args.index("--")] if "--" in args else args)
    apart = any(option in ("-o", "--output") and value == "json" for option, value in pairwise(words))
    return apart or "--output=json" in words or "-ojson" in words
