"""What is said of durable runs: whose they are, how far they came, what they logged."""

import sqlite3
from collections.abc import Iterable, Sequence

from pipedreamer.errors import KeyTakenError, RecordError
from pipedreamer.record.changes import Ended
from pipedreamer.record.grouping import Group, Kept, Standing, Steps, Whole, standing
from pipedreamer.record.model import NUMBERS, STATES_A_KIND, cut
from pipedreamer.record.packing import encode_line
from pipedreamer.record.store import Epoch

_ACCEPTED = NUMBERS["accepted"]
_RUNNING = NUMBERS["running"]


class Durable:
    """Works within a transaction that somebody else began and ends."""

    def __init__(self, connection: sqlite3.Connection, epoch: Epoch) -> None:
        self._connection = connection
        self._do = connection.execute
        self._do_each = connection.executemany
        self._epoch = epoch

    def drop_refused(self, group: Group) -> None:
        """Refuse the runs that are another's, and those whose key is taken; forget those that are stored already."""
        for run_id, steps in list(group.durable.items()):
            found: Standing | RecordError = standing(run_id, steps, self._epoch, self._owner(steps), self._kept(steps))
            if found == "stored":
                del group.durable[run_id]
            elif found == "new" and steps.accepted:
                found = self._begin(steps.accepted) or found
            if isinstance(found, RecordError):
                group.refuse(run_id, found)

    def _owner(self, steps: Steps) -> int | None:
        row = self._do("SELECT epoch FROM owners WHERE run = ?", (steps.id,)).fetchone()
        return row and int(row[0])

    def _kept(self, steps: Steps) -> Kept | None:
        row = self._do("SELECT kind, ended_at FROM runs WHERE id = ?", (steps.id,)).fetchone()
        return row and (row[0] % STATES_A_KIND, row[1])

    def _begin(self, accepted: Whole) -> KeyTakenError | None:
        taken = self._keep_key(accepted)
        if taken is None:
            self._do("INSERT INTO owners VALUES (?, ?)", (accepted.id, self._epoch.number))
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
        begin = (
            f"UPDATE runs SET started_at = coalesce(started_at, ?), kind = kind + (kind & {STATES_A_KIND - 1} ="  # noqa: S608 - numbers
            f" {_ACCEPTED}) * {_RUNNING - _ACCEPTED} WHERE id = ?"
        )
        self._do_each(begin, ((at, one.id) for one in runs if (at := one.beginning) is not None))
        self._do_each(
            "INSERT INTO attempts (run, node, number, detail) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET detail = excluded.detail",
            ((one.id, attempt.node, attempt.number, packed.column) for one in runs for attempt, packed in one.attempts),
        )
        self._do_each(
            "INSERT INTO lines VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            ((one.id, line.number, encode_line(line)) for one in runs for line in one.lines),
        )
        end(self._connection, ((one.id, one.ended) for one in runs if one.ended))


def end(connection: sqlite3.Connection, ends: Iterable[tuple[bytes, Ended]]) -> None:
    """They have ended, and are nobody's any more."""
    for run, how in ends:
        connection.execute(
            "UPDATE runs SET kind = (kind & ?) + ?, ended_at = ?, error = ? WHERE id = ?",
            (-STATES_A_KIND, NUMBERS[how.state], how.ended_at, cut(how.error), run),
        )
        connection.execute("DELETE FROM owners WHERE run = ?", (run,))
