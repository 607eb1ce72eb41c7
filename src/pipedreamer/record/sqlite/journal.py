"""Files in which runs that have ended stand until they are in the database: written in one system call, no thread.

A segment is a row of frames, a length in four bytes and a run in msgpack. What a process that was killed left of one is
read when the record is joined again; a frame that was cut off is the last one and was told to nobody.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct, msgpack

from pipedreamer.record.grouping import Whole
from pipedreamer.record.model import Code, Run, State
from pipedreamer.record.packing import unpack_run

_LENGTH: Final = 4


class _Frame(Struct, array_like=True):
    """A run with its values as they are packed for its row; one with a key never comes here."""

    id: str
    workflow: str
    code: Code
    trigger: str
    state: State
    started_at: int | None
    ended_at: int | None
    error: str
    detail: bytes


_encode = msgpack.Encoder().encode
_decode = msgpack.Decoder(_Frame).decode


class Journal:
    """The segments beside a record's file. Raises OSError."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._number = 0
        self._descriptor = -1
        self._size = 0
        self._made: list[Path] = []

    def append(self, runs: Iterable[Whole]) -> None:
        """All of them, or none: the operating system has them when this returns."""
        frames = bytearray()
        for one in runs:
            run = one.run
            packed = _encode(
                (
                    run.id,
                    run.workflow,
                    run.code,
                    run.trigger,
                    run.state,
                    run.started_at,
                    run.ended_at,
                    run.error,
                    one.packed.column,
                )
            )
            frames += len(packed).to_bytes(_LENGTH, "little")
            frames += packed
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
        """Begin a new segment with the next run; the ones that this has written, oldest first."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        return self._made.copy()

    def drop(self, segments: Iterable[Path]) -> None:
        """Remove segments whose runs are elsewhere."""
        for segment in segments:
            segment.unlink(missing_ok=True)
            if segment in self._made:
                self._made.remove(segment)

    def segments(self) -> list[Path]:
        """Those that are there, oldest first."""
        name = re.compile(re.escape(self._file.name) + r"\.journal-\d+")
        return sorted((path for path in self._file.parent.iterdir() if name.fullmatch(path.name)), key=_number)

    def _begin(self) -> None:
        """A new segment, numbered on from what an engine before this one left."""
        self._number = 1 + (self._number or max(map(_number, self.segments()), default=0))
        path = self._file.with_name(f"{self._file.name}.journal-{self._number}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor, self._size = os.open(path, flags, 0o600), 0
        self._made.append(path)


def read(segment: Path) -> Iterator[Run]:
    """The runs of a segment, up to a frame that was cut off."""
    data = segment.read_bytes()
    at = 0
    while at + _LENGTH <= len(data):
        end = at + _LENGTH + int.from_bytes(data[at : at + _LENGTH], "little")
        if end > len(data):
            return
        yield _run(_decode(data[at + _LENGTH : end]))
        at = end


def _run(frame: _Frame) -> Run:
    given, attempts, lines = unpack_run(frame.detail, lambda _: b"")
    return Run(
        id=frame.id,
        workflow=frame.workflow,
        code=frame.code,
        trigger=frame.trigger,
        state=frame.state,
        started_at=frame.started_at,
        ended_at=frame.ended_at,
        error=frame.error,
        input=given,
        attempts=attempts,
        lines=lines,
    )


def _number(segment: Path) -> int:
    return int(segment.name.rpartition("-")[2])
