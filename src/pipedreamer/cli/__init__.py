"""The program as a person types it: one file a command, each loaded when it is asked for.

Duty: read the command line, call the room that does the work, and say what came of it (text or JSON, one line an error,
exit codes 0 good, 1 it failed, 2 wrong use). It must not do the work itself, and no other room imports it.
"""

from pipedreamer.cli.program import main

__all__ = ["main"]
