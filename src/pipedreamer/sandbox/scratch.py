"""Where workers write to: the /tmp of their jail, or a folder of ours where namespaces are refused.

What is in it was made by nodes: folders deeper than a path can say, closed to everybody, replaced by links meanwhile.
"""

import os
import secrets
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipedreamer.sandbox.proc import open_files

_SPARE: Final = 16
MOST_FILES: Final = 16_384
_DEEPEST: Final = 100
_MOST_STEPS: Final = 200_000
"""Of removing: whoever still makes files while they are removed is not followed for ever."""
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class JailScratch:
    """The file system at a jail's /tmp, by a descriptor that is closed by `close`. The kernel bounds it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def is_full(self) -> bool:
        """Whether less than a sixteenth of its bytes or files is left."""
        room = os.fstatvfs(self._descriptor)
        return room.f_bavail * _SPARE < room.f_blocks or room.f_favail * _SPARE < room.f_files

    def close(self) -> None:
        os.close(self._descriptor)


class Scratch:
    """Made in the machine's temporary folder for one user; `remove` it. Nothing but a look keeps its size in bounds."""

    def __init__(self, owner: int | None, size: int) -> None:
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="pipedreamer-"))
        self._size = size
        if owner is not None:
            os.chown(self.path, owner, -1)

    def is_full(self, users: Iterable[int] = ()) -> bool:
        """Whether it holds more bytes or files than it may, or folders that cannot be looked into.

        What was removed while it is open counts where the kernel shows the open files of its users.
        """
        used = sum(_nameless(user, Path(self.path).stat().st_dev) for user in users)
        count = 0
        waiting = [(self.path, 0)]
        while waiting:
            folder, depth = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        used += entry.stat(follow_symlinks=False).st_blocks * 512
                        count += 1
                        if used > self._size or count > MOST_FILES or depth > _DEEPEST:
                            return True
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append((entry.path, depth + 1))
            except PermissionError:
                return True
            except OSError:  # it vanished meanwhile
                continue
        return used > self._size

    def clear(self) -> None:
        """Remove what is in it."""
        with suppress(OSError):
            top = os.open(self.path, _OPEN_FOLDER)
            try:
                left = _MOST_STEPS
                while left > 0 and (done := _remove_first_level(top)):
                    left -= done
            finally:
                os.close(top)

    def remove(self) -> None:
        self.clear()
        with suppress(OSError):
            Path(self.path).rmdir()


def _nameless(process: int, device: int) -> int:
    """Bytes of the removed files on this device that a process has open."""
    used = 0
    for path in open_files(process):
        with suppress(OSError):
            found = os.stat(path)  # noqa: PTH116
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 0 and found.st_dev == device:
                used += found.st_blocks * 512
    return used


def _remove_first_level(top: int) -> int:
    """How many entries were removed; the folders in what was a folder here are then here themselves."""
    done = 0
    for name in os.listdir(top):
        with suppress(OSError):
            if _is_file(top, name):
                os.unlink(name, dir_fd=top)
            else:
                _lift_what_is_in(top, name)
                os.rmdir(name, dir_fd=top)
            done += 1
    return done


def _lift_what_is_in(top: int, name: str) -> None:
    _open_to_oneself(top, name)
    folder = os.open(name, _OPEN_FOLDER, dir_fd=top)
    try:
        for below in os.listdir(folder):  # noqa: PTH208 - a descriptor
            with suppress(OSError):
                if _is_file(folder, below):
                    os.unlink(below, dir_fd=folder)
                else:
                    os.rename(below, secrets.token_hex(16), src_dir_fd=folder, dst_dir_fd=top)
    finally:
        os.close(folder)


def _is_file(folder: int, name: str) -> bool:
    return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o170000 != 0o040000


def _open_to_oneself(top: int, name: str) -> None:
    """By descriptor: a name could mean something else by now."""
    held = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
    try:
        os.chmod(f"/proc/self/fd/{held}", 0o700)  # noqa: PTH101
    finally:
        os.close(held)
