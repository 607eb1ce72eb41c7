"""A folder to write to, for workers that have no /tmp of their own because namespaces are refused."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_MOST_FILES: Final = 16_384


class Scratch:
    """Made in the machine's temporary folder for one user; `remove` it. Nothing but a look keeps its size in bounds."""

    def __init__(self, owner: int | None, size: int) -> None:
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="pipedreamer-"))
        self._size = size
        if owner is not None:
            os.chown(self.path, owner, -1)

    def is_full(self) -> bool:
        """Whether it holds more bytes or files than it may."""
        used = 0
        for count, used_by_one in enumerate(self._files(self.path)):
            used += used_by_one
            if used > self._size or count > _MOST_FILES:
                return True
        return False

    def clear(self) -> None:
        """Remove what is in it."""
        with suppress(OSError), os.scandir(self.path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    Path(entry.path).unlink(missing_ok=True)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _files(self, folder: str) -> Iterator[int]:
        """Bytes on disk of each file and folder below; what vanishes meanwhile counts nothing."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        yield from self._files(entry.path)
        except OSError:
            return
