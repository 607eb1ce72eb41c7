"""The process's own stdout and stderr where they misbehave: odd names, a reader that went away, a full disk."""

import os
import select
import sys
from typing import TextIO


def prepare() -> None:
    """Print a file name that is no UTF-8 escaped, in place of ending the program."""
    for stream in _open_streams():
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def reader_gone() -> bool:
    """Whether whoever read stdout or stderr through a pipe has closed it."""
    poll = select.poll()
    for stream in _open_streams():
        poll.register(stream.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def settle() -> None:
    """Write out what is still buffered; where that cannot be, drop it, or Python would complain when it ends."""
    for stream in _open_streams():
        try:
            stream.flush()
        except OSError:
            _send_nowhere(stream)


def drop() -> None:
    """Give up what is still buffered: whoever interrupts the program does not want to wait for a slow reader."""
    for stream in _open_streams():
        _send_nowhere(stream)


def _send_nowhere(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _open_streams() -> list[TextIO]:
    # Python sets a stream to None where its file was closed before the start (`>&-`).
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
