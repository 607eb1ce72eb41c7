"""Removing what is too old or too much, a little at a time. Runs in the writer's thread."""

import sqlite3
from pathlib import Path
from typing import Final

from pipedreamer.record.model import STATES, STATES_A_KIND, UNFINISHED
from pipedreamer.record.sqlite.files import Files, file_name
from pipedreamer.record.sqlite.transaction import transaction
from pipedreamer.record.store import Retention, Size

_STEP: Final = 200
"""So many runs are removed at once: writers wait a few ms."""
OLDEST: Final = "SELECT id, seq FROM runs INDEXED BY runs_by_kind WHERE kind = ? AND id < ? ORDER BY id LIMIT ?"
_PARTS: Final = ("attempts", "lines", "keys", "beside")


def count(connection: sqlite3.Connection) -> int:
    """How many runs there are; they are never counted one by one."""
    found = "SELECT (SELECT coalesce(max(seq), 0) FROM runs) - value FROM sums WHERE name = 'uncounted'"
    return int(connection.execute(found).fetchone()[0])


def size(connection: sqlite3.Connection, file: Path) -> Size:
    """The file, what was written ahead, and the values beside it."""
    ahead = file.with_name(f"{file.name}-wal")
    beside = connection.execute("SELECT value FROM sums WHERE name = 'beside'").fetchone()[0]
    on_disk = file.stat().st_size + (ahead.stat().st_size if ahead.exists() else 0)
    return Size(on_disk + beside, count(connection))


def prune(connection: sqlite3.Connection, files: Files, now: int, keep: Retention) -> int:
    """One small step; how many were removed."""
    with transaction(connection):
        removed, names = _remove(connection, now, keep)
    files.remove(names)
    return removed


def _remove(connection: sqlite3.Connection, now: int, keep: Retention) -> tuple[int, list[str]]:
    runs = count(connection)
    surplus = 0 if keep.runs is None else runs - keep.runs
    if surplus > 0:
        oldest = _oldest(connection, b"\xff" * 16, min(surplus, _STEP))
    elif keep.age is not None:
        before = max(0, now - int(keep.age * 1000))
        oldest = _oldest(connection, before.to_bytes(6, "big") + bytes(10), _STEP)
    else:
        return 0, []
    if not oldest:
        return 0, []
    ids = [run for run, _ in oldest]
    places = ", ".join("?" * len(ids))
    beside = connection.execute(f"SELECT run, name, bytes FROM beside WHERE run IN ({places})", ids).fetchall()  # noqa: S608
    for table in _PARTS:
        connection.execute(f"DELETE FROM {table} WHERE run IN ({places})", ids)  # noqa: S608 - names of ours
    connection.execute(f"DELETE FROM runs WHERE seq IN ({places})", [seq for _, seq in oldest])  # noqa: S608
    connection.execute("UPDATE sums SET value = value - ? WHERE name = 'beside'", (sum(row[2] for row in beside),))
    highest = "(SELECT coalesce(max(seq), 0) FROM runs)"
    connection.execute(f"UPDATE sums SET value = {highest} - ? WHERE name = 'uncounted'", (runs - len(ids),))  # noqa: S608
    return len(ids), [file_name(run, name) for run, name, _ in beside]


def _oldest(connection: sqlite3.Connection, before: bytes, most: int) -> list[tuple[bytes, int]]:
    """The oldest of each kind that has ended, and of these the oldest."""
    found: list[tuple[bytes, int]] = []
    for (kind,) in connection.execute("SELECT kind FROM kinds").fetchall():
        for state in range(UNFINISHED, len(STATES)):
            found += connection.execute(OLDEST, (kind * STATES_A_KIND + state, before, most))
    return sorted(found)[:most]
