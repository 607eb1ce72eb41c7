"""Files in which changes stand until they are in the database: written in one system call, no thread.

A segment is a row of frames: a length and a checksum of four bytes each, and a message in msgpack, the first of which
names the epoch. What a process that was killed left of one is read when the record is joined again; a frame that was
cut off is the last one and was told to nobody.
"""

import os
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from msgspec import MsgspecError, Struct, msgpack

from pipedreamer.errors import RecordError
from pipedreamer.record.changes import Accepted, Began, Change, Ended, Finished, Progress, Said
from pipedreamer.record.grouping import Whole, whole
from pipedreamer.record.model import Code, Run, State
from pipedreamer.record.packing import pack_extra, unpack_run
from pipedreamer.record.store import Epoch, Limits

_HEAD: Final = 8

Entry = Whole | Began | Progress | Said | Ended
"""What stands in a journal."""


class _Epoch(Struct, array_like=True, tag="epoch"):
    number: int
    workflow: str


class _Finished(Struct, array_like=True, tag="finished"):
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
_decode = msgpack.Decoder(_Epoch | _Finished | Began | Progress | Said | Ended).decode


def entered(changes: Iterable[Change], epoch: Epoch, limits: Limits) -> list[Entry] | None:
    """Changes as they go into a journal; None where one belongs elsewhere, or is refused."""
    entries: list[Entry] = []
    for change in changes:
        if isinstance(change, Finished):
            try:
                run = whole(change.run, epoch, limits)
            except RecordError:
                return None
            if run.packed.beside or pack_extra(run.run):
                return None
            entries.append(run)
        elif isinstance(change, Accepted) or _is_large(change, limits):
            return None
        else:
            entries.append(change)
    return entries


class Journal:
    """The segments beside a record's file, written by right of `epoch`. Raises OSError."""

    def __init__(self, file: Path) -> None:
        self.epoch = Epoch(0, "")
        self._file = file
        self._number = 0
        self._descriptor = -1
        self._size = 0
        self._made: list[Path] = []

    def append(self, entries: Iterable[Entry]) -> None:
        """All of them, or none: the operating system has them when this returns."""
        if self._descriptor < 0:
            self._begin()
        frames = bytearray()
        if not self._size:
            frames += _frame(_encode(_Epoch(self.epoch.number, self.epoch.workflow)))
        for entry in entries:
            frames += _frame(_packed(entry) if isinstance(entry, Whole) else _encode(entry))
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


def read(segment: Path) -> tuple[Epoch | None, Sequence[Change], bool]:
    """What a segment has, by whose right (None where it has nothing), and whether that is all of it.

    A frame that was cut off at the end is not missed. Raises `RecordError` for what another version has written.
    """
    found, is_whole = _messages(segment.read_bytes())
    try:
        messages = [_decode(message) for message in found]
    except MsgspecError as error:
        raise RecordError(
            f"{segment} was written by another version ({error}); start that one once, or move the file away"
        ) from error
    if not messages or not isinstance(messages[0], _Epoch):
        return None, (), is_whole
    changes = [_change(message) for message in messages[1:] if not isinstance(message, _Epoch)]
    return Epoch(messages[0].number, messages[0].workflow), changes, is_whole


def _messages(data: bytes) -> tuple[list[bytes], bool]:
    found: list[bytes] = []
    at = 0
    while at + _HEAD <= len(data):
        end = at + _HEAD + int.from_bytes(data[at : at + 4], "little")
        message = data[at + _HEAD : end]
        if zlib.crc32(message) != int.from_bytes(data[at + 4 : at + _HEAD], "little") or not message:
            return found, end >= len(data) or not any(data[at:])
        found.append(message)
        at = end
    return found, True


def _frame(message: bytes) -> bytes:
    return len(message).to_bytes(4, "little") + zlib.crc32(message).to_bytes(4, "little") + message


def _packed(one: Whole) -> bytes:
    run, detail = one.run, one.packed.column
    return _encode(
        _Finished(
            run.id,
            run.workflow,
            run.code,
            run.trigger,
            run.state,
            run.started_at,
            run.ended_at,
            run.error,
            detail,
        )
    )


def _change(message: _Finished | Began | Progress | Said | Ended) -> Change:
    if not isinstance(message, _Finished):
        return message
    given, attempts, lines = unpack_run(message.detail, lambda _: b"")
    run = Run(
        id=message.id,
        workflow=message.workflow,
        code=message.code,
        trigger=message.trigger,
        state=message.state,
        started_at=message.started_at,
        ended_at=message.ended_at,
        error=message.error,
        input=given,
        attempts=attempts,
        lines=lines,
    )
    return Finished(run)


def _is_large(change: Began | Progress | Said | Ended, limits: Limits) -> bool:
    return isinstance(change, Progress) and len(change.attempt.output or b"") > limits.inline


def _number(segment: Path) -> int:
    return int(segment.name.rpartition("-")[2])
