"""Whose durable runs are: in a file always those of the one engine that holds it. Runs in the writer's thread."""

import sqlite3

from pipedreamer.record.sqlite.files import Files, file_name
from pipedreamer.record.sqlite.transaction import transaction
from pipedreamer.record.store import Epoch


def begin(connection: sqlite3.Connection, files: Files, workflow: str, engine: str, now: int) -> Epoch:
    """A new epoch, and what an engine that was killed left in the folder is removed."""
    files.sweep({file_name(run, name) for run, name in connection.execute("SELECT run, name FROM beside")})
    row = (workflow, engine, now)
    added = connection.execute("INSERT INTO epochs (workflow, engine, joined_at) VALUES (?, ?, ?)", row)
    return Epoch(int(added.lastrowid or 0), workflow)


def owned(connection: sqlite3.Connection, epoch: Epoch) -> tuple[str, ...]:
    """All unfinished runs: whoever owned them before held the file before, and so is gone."""
    found = "SELECT o.run, o.epoch FROM owners o JOIN epochs e ON e.epoch = o.epoch WHERE e.workflow = ? ORDER BY o.run"
    rows = connection.execute(found, (epoch.workflow,)).fetchall()
    if left := [(epoch.number, run) for run, its in rows if its != epoch.number]:
        with transaction(connection):
            connection.executemany("UPDATE owners SET epoch = ? WHERE run = ?", left)
    return tuple(run.hex() for run, _ in rows)
