"""What SQLite and the disk refuse, in words for people."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipedreamer.errors import RecordError

_PAGES: Final = 64 * 1024
"""With less room, in bytes, a disk is full."""
_RIGHT: Final = "give this user the right to write to it and to its folder"
_RESTORE: Final = "restore it from a backup, or move it away and a new one is begun"
_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: ("cannot be written: the disk is full", "make room there"),
    sqlite3.SQLITE_READONLY: ("cannot be written", _RIGHT),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "name a file in a folder that is there and that this user may write to",
    ),
    sqlite3.SQLITE_PERM: ("cannot be opened", _RIGHT),
    sqlite3.SQLITE_NOTADB: ("is no record of runs", "name another file"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", _RESTORE),
    sqlite3.SQLITE_BUSY: ("is in use", "end the other program that writes to it"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "look at its disk"),
}
_SYSTEM: Final = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.EROFS: _RIGHT,
    errno.ENOENT: "make its folder first",
}


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Turn a refusal into a `RecordError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise refused(file, error) from error
    except OSError as error:
        remedy = _SYSTEM.get(error.errno or 0, "look at its disk")
        raise RecordError(f"the record {file} cannot be read or written: {error.strerror}; {remedy}") from error


def refused(file: Path, error: sqlite3.Error) -> RecordError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_IOERR and shutil.disk_usage(file.parent).free < _PAGES:
        code = sqlite3.SQLITE_FULL  # it says so of the database only, not of the files beside it
    what, remedy = _REMEDIES.get(code, ("cannot be read or written", _RESTORE))
    return RecordError(f"the record {file} {what} ({error}); {remedy}")
