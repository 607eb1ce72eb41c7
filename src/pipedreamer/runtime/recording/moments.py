"""Moments of runs, in ms since 1970."""

import time


def now_ms() -> int:
    """This one."""
    return time.time_ns() // 1_000_000


def begun_at(run_id: str) -> int:
    """When a run was begun: its id starts with that."""
    return int(run_id[:12], 16)
