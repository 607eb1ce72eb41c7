"""Files of a workflow folder, read with a limit and without surprises."""

import errno
import os
import stat
from pathlib import Path

FILE_LIMIT = 4 * 1024 * 1024
"""The longest file that is read to be checked, in bytes."""


class UnreadableError(Exception):
    """A file cannot be read; the text says why, without the file's name. Never leaves this room."""


def read_file(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """The content of a regular file of at most `limit` bytes; a pipe or a device is never opened."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableError("is a folder, and a file is needed")
        if not stat.S_ISREG(mode):
            raise UnreadableError("is not a regular file")
        with path.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise UnreadableError(reason(error)) from error
    if len(content) > limit:
        raise UnreadableError(f"is larger than {limit // 1024 // 1024} MiB")
    return content


def read_text(path: Path, limit: int = FILE_LIMIT) -> str:
    """The same as text in UTF-8, a byte order mark left out."""
    try:
        return read_file(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"is not UTF-8 text (byte {error.start + 1})") from error


def real_path(path: Path) -> Path:
    """The path with every link followed; UnreadableError where it leads nowhere."""
    try:
        return Path(os.path.realpath(path, strict=True))
    except (OSError, ValueError) as error:
        raise UnreadableError(reason(error)) from error


def reason(error: OSError | ValueError) -> str:
    """Why the system said no, as the rest of a sentence that begins with the file's name."""
    if not isinstance(error, OSError):
        return "is not a name that a file can have"
    known = {
        errno.ENOENT: "does not exist",
        errno.EACCES: "may not be read by this user (see its permissions)",
        errno.ELOOP: "is a link that leads back to itself",
        errno.ENAMETOOLONG: "has a name longer than the file system allows",
        errno.ENOTDIR: "does not exist: a part of its path is a file",
    }
    return known.get(error.errno or 0, f"cannot be read ({(error.strerror or str(error)).lower()})")
