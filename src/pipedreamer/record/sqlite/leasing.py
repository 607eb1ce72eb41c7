"""Whose durable runs are: in a file always those of the one engine that holds it. Runs in the writer's thread."""

import sqlite3

from pipedreamer.errors import RecordError
from pipedreamer.record.changes import Ended
from pipedreamer.record.grouping import Steps
from pipedreamer.record.model import Run
from pipedreamer.record.sqlite import reading
from pipedreamer.record.sqlite.durable import move
from pipedreamer.record.sqlite.files import Files, file_name
from pipedreamer.record.sqlite.transaction import transaction
from pipedreamer.record.store import Epoch


def begin(connection: sqlite3.Connection, files: Files, workflow: str, engine: str, now: int) -> Epoch:
    """A new epoch, and what an engine that was killed left in the folder is removed."""
    files.sweep({file_name(run, name) for run, name in connection.execute("SELECT run, name FROM beside")})
    row = (workflow, engine, now)
    added = connection.execute("INSERT INTO epochs (workflow, engine, joined_at) VALUES (?, ?, ?)", row)
    return Epoch(int(added.lastrowid or 0), workflow)


def take_over(connection: sqlite3.Connection, files: Files, epoch: Epoch, now: int) -> tuple[Run, ...]:
    """Whoever owned them before held the file before, and so is gone."""
    found = (
        "SELECT o.run FROM owners o JOIN epochs e ON e.epoch = o.epoch WHERE e.workflow = ? AND o.epoch <> ?"
        " ORDER BY o.run"
    )
    with transaction(connection):
        ids = [run for (run,) in connection.execute(found, (epoch.workflow, epoch.number))]
        connection.executemany("UPDATE owners SET epoch = ? WHERE run = ?", ((epoch.number, run) for run in ids))
        runs = [_readable(connection, files, epoch, run, now) for run in ids]
    return tuple(run for run in runs if run is not None)


def _readable(connection: sqlite3.Connection, files: Files, epoch: Epoch, run: bytes, now: int) -> Run | None:
    """The run, or None for one whose values are missing: nobody can go on with it, and it is ended."""
    try:
        return reading.run_within(connection, files, epoch.workflow, run)
    except RecordError as error:
        (kind,) = connection.execute("SELECT kind FROM owners WHERE run = ?", (run,)).fetchone()
        steps = Steps(run, kind=kind, ended=Ended(run.hex(), "interrupted", now, str(error)))
        move(connection, [change for change in [steps.move()] if change])
        return None
