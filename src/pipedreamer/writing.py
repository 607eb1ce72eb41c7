"""A file written whole or not at all, and an error that says which file, why not, and what to do."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipedreamer.errors import PipedreamerError

_ROOM: Final = "make room there, or choose another place"
_RIGHTS: Final = "choose a place that you may write to"
_REMEDIES: Final = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit on a file's size (ulimit -f)",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: "a part of its path is a file",
    errno.EEXIST: "a part of its path is a file",
    errno.EISDIR: "name a file, not a folder",
}


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Turn the system's refusal into a PipedreamerError that names the file: the refusal itself may not."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "choose another place")
        raise PipedreamerError(f"{file} cannot be written: {error.strerror}; {remedy}") from error


def write_whole(file: Path, text: str) -> None:
    """Write a text as UTF-8 beside the file and put it in its place; a pipe or a device is written to as it is.

    A link goes on leading where it leads, and a file that was there gives its mode. Raises PipedreamerError.
    """
    with naming(file):
        if file.exists() and not file.is_file():
            file.write_text(text, encoding="utf-8")
        else:
            _replace(Path(os.path.realpath(file)), text)


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f".writing-{os.urandom(8).hex()}")
    try:
        with beside.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            shutil.copymode(file, beside)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
