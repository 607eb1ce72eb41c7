"""Writing processes that are killed with SIGKILL."""

import subprocess
import sys
from pathlib import Path

CODE = "c0de"
"""The digest that its runs name."""
WRITER = Path(__file__).with_name("writer.py")


def killed_after(place: str, what: str, runs: int, lease: float = 0.5) -> list[str]:
    """The ids of the runs that a process said to be stored: so many, and those until the kill came."""
    command = [sys.executable, str(WRITER), place, str(lease), what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        known = [process.stdout.readline().strip() for _ in range(runs)]
        process.kill()
        rest = process.stdout.read()
    assert all(known), "the writer ended by itself"
    return known + [line.strip() for line in rest.splitlines(keepends=True) if line.endswith("\n")]
