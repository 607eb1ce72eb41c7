"""Large values, each in a file of its own in a folder beside the database."""

import os
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

from pipedreamer.errors import ValueGoneError

_UNFINISHED: Final = ".writing-"


class Files:
    """The folder; it is made with the first value."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, run: bytes, name: str, value: bytes, *, durable: bool) -> None:
        """Whole or not at all; with `durable` it is on the disk then. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        beside = self._folder / f"{_UNFINISHED}{os.urandom(8).hex()}"
        try:
            with beside.open("xb") as stream:
                stream.write(value)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            beside.replace(self._folder / file_name(run, name))
        finally:
            beside.unlink(missing_ok=True)

    def settle(self) -> None:
        """Have the folder itself on the disk."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self, run: bytes, name: str) -> bytes:
        """Raises `ValueGoneError`."""
        file = self._folder / file_name(run, name)
        try:
            return file.read_bytes()
        except FileNotFoundError:
            raise ValueGoneError(
                f"run {run.hex()}: {file} is missing; restore the folder with the record it belongs to"
            ) from None

    def remove(self, names: Iterable[str]) -> None:
        for name in names:
            with suppress(OSError):  # what is left is removed when an engine joins
                (self._folder / name).unlink()

    def sweep(self, known: set[str]) -> None:
        """Remove what no run knows: an engine was killed before its run was stored, or after it was removed."""
        if self._folder.is_dir():
            self.remove(name for name in os.listdir(self._folder) if name not in known)  # noqa: PTH208 - names suffice


def file_name(run: bytes, name: str) -> str:
    """The file of a run's value; a node's id may be longer than a file's name."""
    return f"{run.hex()}-{blake2b(name.encode(), digest_size=8).hexdigest()}"
