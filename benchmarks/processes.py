"""Processes that are measured: started in a session of their own, what they cost by /proc, and always ended."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRACE_SECONDS = 15
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    state: str
    parent: int
    session: int
    processor_ticks: int  # of itself and of its children that have ended
    began: int


@contextlib.contextmanager
def running(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process for as long as the block; then it gets SIGTERM, and what is left of it SIGKILL.

    It has a session of its own, so that Ctrl-C reaches it only through us, and what it leaves behind is found.
    """
    options = {"stdin": subprocess.DEVNULL, "start_new_session": True} | options
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        _stop(process)


def memory_mb(pid: int) -> float | None:
    """PSS in MiB of a process that `running` started and of all below it; None where we may not know it of each."""
    total = 0
    for member in _members(pid):
        try:
            lines = Path(f"/proc/{member.pid}/smaps_rollup").read_text().splitlines()
        except PermissionError:
            return None
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def processor_seconds(pid: int) -> float:
    """User and system time that the same processes have taken so far."""
    return sum(member.processor_ticks for member in _members(pid)) / _TICKS


def _stop(process: subprocess.Popen[Any]) -> None:
    members = {*_members(process.pid)}
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    deadline = time.monotonic() + 3
    while (left := _living(members)) and process.poll() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    for member in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
    process.wait()


def _living(members: set[_Process]) -> list[_Process]:
    known = {(member.pid, member.began) for member in members}
    return [process for process in _all() if (process.pid, process.began) in known and process.state != "Z"]


def _members(pid: int) -> list[_Process]:
    """The process, what is below it, and what was below it once and is still in its session."""
    everything = _all()
    below = {pid}
    grown = 0
    while len(below) != grown:
        grown = len(below)
        below |= {process.pid for process in everything if process.parent in below or process.session == pid}
    return [process for process in everything if process.pid in below]


def _all() -> list[_Process]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found.append(_read(int(entry.name), (entry / "stat").read_text()))
    return found


def _read(pid: int, stat: str) -> _Process:
    """proc_pid_stat(5); a program's name may hold blanks and brackets, so the fields begin behind the last one."""
    fields = stat[stat.rindex(")") + 2 :].split()
    return _Process(
        pid=pid,
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        processor_ticks=sum(map(int, fields[11:15])),
        began=int(fields[19]),
    )
