"""One engine a file: a lock on a file beside it, which the kernel takes back whatever ends the engine."""

import fcntl
import os
from pathlib import Path

from pipedreamer.errors import RecordError
from pipedreamer.record.sqlite.refusal import naming


class Hold:
    """The lock; held from the moment it is made, until `release`. Raises `RecordError` where another has it."""

    def __init__(self, file: Path, engine: str) -> None:
        place = file.with_name(f"{file.name}.lock")
        with naming(place):
            self._descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._descriptor, 1000, 0).decode(errors="replace") or "another process"
            os.close(self._descriptor)
            raise RecordError(
                f"the record {file} is in use by {holder}; one engine writes to a file at a time: end that one, or name"
                " another file (or PostgreSQL, which several can share)"
            ) from None
        try:
            with naming(place):
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, f"process {os.getpid()} ({engine})".encode(), 0)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """The file stays: removing it would let two hold it."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
