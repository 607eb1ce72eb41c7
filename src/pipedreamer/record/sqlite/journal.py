"""Files in which runs that have ended stand until they are in the database: written in one system call, no thread.

A segment is a row of frames, a length in four bytes and a run in msgpack. What a process that was killed left of one is
read when the record is joined again; a frame that was cut off is the last one and was told to nobody.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from pipedreamer.record.model import Run

_LENGTH: Final = 4
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Run).decode


class Journal:
    """The segments beside a record's file. Raises OSError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._number = 0
        self._descriptor = -1
        self._size = 0

    def append(self, runs: Iterable[Run]) -> None:
        """All of them, or none: the operating system has them when this returns."""
        frames = bytearray()
        for run in runs:
            packed = _encode(run)
            frames += len(packed).to_bytes(_LENGTH, "little") + packed
        if self._descriptor < 0:
            self._begin()
        try:
            written = os.write(self._descriptor, frames)
            if written < len(frames):
                written += os.write(self._descriptor, frames[written:])
        except OSError:
            os.ftruncate(self._descriptor, self._size)
            raise
        self._size += written

    def turn(self) -> list[Path]:
        """Begin a new segment with the next run; the ones before it, oldest first."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        return self.segments()

    def segments(self) -> list[Path]:
        """Those that are there, oldest first."""
        name = re.compile(re.escape(self._file.name) + r"\.journal-(\d+)")
        found = ((name.fullmatch(path.name), path) for path in self._file.parent.iterdir())
        return [path for _, path in sorted((int(match[1]), path) for match, path in found if match)]

    def _begin(self) -> None:
        last = self.segments()[-1:]
        self._number = max([self._number, *(int(path.name.rpartition("-")[2]) for path in last)]) + 1
        path = self._file.with_name(f"{self._file.name}.journal-{self._number}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor, self._size = os.open(path, flags, 0o600), 0


def read(segment: Path) -> Iterator[Run]:
    """The runs of a segment, up to a frame that was cut off."""
    data = segment.read_bytes()
    at = 0
    while at + _LENGTH <= len(data):
        end = at + _LENGTH + int.from_bytes(data[at : at + _LENGTH], "little")
        if end > len(data):
            return
        yield _decode(data[at + _LENGTH : end])
        at = end
