"""What is said of durable runs: whose they are, how far they came, what they logged."""

import sqlite3
from collections.abc import Sequence

from pipedreamer.errors import KeyTakenError, RecordError
from pipedreamer.record.grouping import Group, Kept, Move, Standing, Steps, Whole, standing
from pipedreamer.record.model import STATES_A_KIND
from pipedreamer.record.packing import encode_line
from pipedreamer.record.query import Query
from pipedreamer.record.sqlite.numbers import Numbers
from pipedreamer.record.sqlite.reading import kinds_of, one_of
from pipedreamer.record.store import Epoch


class Durable:
    """Works within a transaction that somebody else began and ends."""

    def __init__(self, connection: sqlite3.Connection, epoch: Epoch, numbers: Numbers) -> None:
        self._connection = connection
        self._numbers = numbers
        self._do = connection.execute
        self._do_each = connection.executemany
        self._epoch = epoch

    def drop_refused(self, group: Group) -> None:
        """Refuse the runs that are another's, and those whose key is taken; forget those that are stored already."""
        for run_id, steps in list(group.durable.items()):
            owner = self._do("SELECT epoch, kind FROM owners WHERE run = ?", (steps.id,)).fetchone()
            kept = None if owner else self._kept(steps)
            found: Standing | RecordError = standing(run_id, steps, self._epoch, owner, kept)
            if found == "stored":
                del group.durable[run_id]
            elif found == "new" and steps.accepted:
                found = self._begin(steps, steps.accepted) or found
            if isinstance(found, RecordError):
                group.refuse(run_id, found)

    def _kept(self, steps: Steps) -> Kept | None:
        kinds = kinds_of(self._connection, Query(workflow=self._epoch.workflow))
        found = f"SELECT kind, ended_at FROM runs WHERE {one_of(kinds)} AND id = ?"  # noqa: S608 - places
        row = self._do(found, (*kinds, steps.id)).fetchone()
        return row and (row[0] % STATES_A_KIND, row[1])

    def _begin(self, steps: Steps, accepted: Whole) -> KeyTakenError | None:
        taken = self._keep_key(accepted)
        if taken is None:
            steps.kind = self._numbers.kind(self._connection, accepted.run)
            self._do("INSERT INTO owners VALUES (?, ?, ?)", (steps.id, self._epoch.number, steps.kind))
        return taken

    def keep_keys(self, runs: Sequence[Whole]) -> None:
        """Keys of runs that are finished; who came first keeps it."""
        for whole in runs:
            if whole.run.key is not None:
                self._keep_key(whole)

    def _keep_key(self, whole: Whole) -> KeyTakenError | None:
        run = whole.run
        if run.key is None:
            return None
        row = (run.workflow, run.key, run.key_digest, whole.id)
        if self._do("INSERT INTO keys VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount:
            return None
        found = "SELECT run, digest FROM keys WHERE workflow = ? AND key = ?"
        holder, digest = self._do(found, (run.workflow, run.key)).fetchone()
        return None if holder == whole.id else KeyTakenError(holder.hex(), same_body=digest == run.key_digest)

    def apply(self, group: Group) -> None:
        """Write how they went on; the rows of those that were accepted are there."""
        runs = list(group.durable.values())
        move(self._connection, [change for one in runs if (change := one.move())])
        self._do_each(
            "INSERT INTO attempts (run, node, number, detail) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET detail = excluded.detail",
            (row for one in runs for row in one.rows),
        )
        self._do_each(
            "INSERT INTO lines VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            ((one.id, line.number, encode_line(line)) for one in runs for line in one.lines),
        )


def move(connection: sqlite3.Connection, moves: Sequence[Move]) -> None:
    """Write what changes in rows; those that have ended are nobody's any more."""
    connection.executemany(
        "UPDATE runs SET kind = ?, started_at = coalesce(started_at, ?), ended_at = ?, error = ?"
        " WHERE kind = ? AND id = ?",
        ((one.to, one.started_at, one.ended_at, one.error, one.kind, one.id) for one in moves),
    )
    stay = ((one.to, one.id) for one in moves if one.ended_at is None)
    connection.executemany("UPDATE owners SET kind = ? WHERE run = ?", stay)
    connection.executemany("DELETE FROM owners WHERE run = ?", ((one.id,) for one in moves if one.ended_at is not None))
