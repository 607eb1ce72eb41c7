"""The program as a person types it: one file a command, each loaded when it is asked for.

Duty: read the command line, call the room that does the work, and say what came of it (text or JSON, one line an error,
exit codes 0 good, 1 it failed, 2 wrong use). It must not do the work itself, and no other room imports it.
"""

# `signal` is this with enums, which take several milliseconds: as long Ctrl-C would show a traceback.
import _signal as signal  # type: ignore[import-not-found]
import os

TYPE_CHECKING = False  # its own module takes as long as all else here
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

__all__ = ["main"]


def main() -> "NoReturn":
    """Run the program on this process's arguments; does not return."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    if os.getpid() == 1:  # the kernel keeps a signal from it that has no handler
        signal.signal(signal.SIGTERM, _end)
    from pipedreamer.cli.program import main as run  # here, because it takes most of the start

    run()


def _end(number: int, _frame: "FrameType | None") -> "NoReturn":
    """At once and without a word: in the middle of an import an exception would be told, or lost."""
    os._exit(128 + number)
