"""What the kernel tells of a process (proc(5)); of one that has gone, or may not be looked at, nothing."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_RESIDENT, _DATA = 1, 5
_PAGE: Final = resource.getpagesize()


@dataclass(frozen=True, slots=True)
class Use:
    """How many threads a process has, and the clock ticks that it, or one thread of it, took of the processors."""

    threads: int = 0
    ticks: int = 0


def use(pid: int, thread: int | None = None) -> Use:
    """Of a process, or of one of its threads: `ticks` are user and system time together."""
    of_thread = "" if thread is None else f"/task/{thread}"
    try:
        fields = Path(f"/proc/{pid}{of_thread}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return Use()
    return Use(threads=int(fields[17]), ticks=int(fields[11]) + int(fields[12]))


def resident(pid: int) -> int:
    """Bytes in memory, shared ones too."""
    return _of_memory(pid, _RESIDENT)


def data(pid: int) -> int:
    """Bytes of data, as the limit on them counts them."""
    return _of_memory(pid, _DATA)


def open_files(pid: int) -> list[str]:
    """A path for each descriptor, by which its file is looked at."""
    folder = f"/proc/{pid}/fd"
    try:
        return [f"{folder}/{number}" for number in os.listdir(folder)]  # noqa: PTH208 - their numbers alone
    except OSError:
        return []


def _of_memory(pid: int, field: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[field]) * _PAGE
    except OSError:
        return 0
