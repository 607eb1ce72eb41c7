"""How many processors there are for this process, in a container too."""

import os
from pathlib import Path

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def processors(cpu_max: Path = CPU_MAX) -> int:
    """At least 1: those it may run on, or fewer where its cgroup (v2) has a smaller share, rounded up."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = cpu_max.read_text().split()
        return max(1, min(allowed, -(-int(quota) // int(period))))
    except (OSError, ValueError):  # no cgroup v2, or `max`: no limit
        return allowed
