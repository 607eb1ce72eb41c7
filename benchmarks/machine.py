"""What the figures were measured on, and how busy it was already."""

import os
import platform
import subprocess
import time
from pathlib import Path

from benchmarks.servers import ROOT


def described() -> dict[str, str]:
    """In the order in which a heading says it; an empty key stands for a value that speaks for itself."""
    return {
        "": time.strftime("%Y-%m-%d"),
        "commit": _commit(),
        "processors": str(len(os.sched_getaffinity(0))),
        "model": _model(),
        "Python": platform.python_version(),
        "Linux": platform.release(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def _commit() -> str:
    """As git shortens it, with a + where files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
