"""What is said of durable runs: whose they are, how far they came, what they logged."""

import sqlite3
from collections.abc import Iterable, Sequence

from pipedreamer.errors import KeyTakenError, RecordError
from pipedreamer.record.changes import Ended
from pipedreamer.record.grouping import Group, Steps, Whole, stale
from pipedreamer.record.model import ERROR_LENGTH, NUMBERS
from pipedreamer.record.packing import encode_line
from pipedreamer.record.sqlite.schema import STATES_A_KIND
from pipedreamer.record.store import Epoch

_ACCEPTED = NUMBERS["accepted"]
_RUNNING = NUMBERS["running"]


class Durable:
    """Works within a transaction that somebody else began and ends."""

    def __init__(self, connection: sqlite3.Connection, epoch: Epoch) -> None:
        self._do = connection.execute
        self._do_each = connection.executemany
        self._epoch = epoch

    def drop_refused(self, group: Group) -> None:
        """Refuse the runs that are another's, and those whose key is taken; forget those that are stored already."""
        for run_id, steps in list(group.durable.items()):
            error: RecordError | None
            owner = self._do("SELECT epoch FROM owners WHERE run = ?", (steps.id,)).fetchone()
            if owner is not None:
                error = None if owner[0] == self._epoch.number else stale(run_id)
            elif row := self._do("SELECT kind, ended_at FROM runs WHERE id = ?", (steps.id,)).fetchone():
                if steps.ended and row == (row[0] & -STATES_A_KIND | NUMBERS[steps.ended.state], steps.ended.ended_at):
                    del group.durable[run_id]  # this very end was written before
                    continue
                error = stale(run_id)
            else:
                error = self._refusal_of_new(run_id, steps)
            if error is not None:
                group.refuse(run_id, error)

    def _refusal_of_new(self, run_id: str, steps: Steps) -> RecordError | None:
        if steps.accepted is None:
            return stale(run_id)
        self._do("INSERT INTO owners VALUES (?, ?)", (steps.id, self._epoch.number))
        taken = self._keep_key(steps.accepted)
        if taken is not None:
            self._do("DELETE FROM owners WHERE run = ?", (steps.id,))
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
        self._do_each(begin, ((at, one.id) for one in runs if (at := _beginning(one)) is not None))
        self._do_each(
            "INSERT INTO attempts (run, node, number, detail) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET detail = excluded.detail",
            ((one.id, attempt.node, attempt.number, packed.column) for one in runs for attempt, packed in one.attempts),
        )
        self._do_each(
            "INSERT INTO lines VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            ((one.id, line.number, encode_line(line)) for one in runs for line in one.lines),
        )
        self._end((one.id, one.ended) for one in runs if one.ended)

    def _end(self, ends: Iterable[tuple[bytes, Ended]]) -> None:
        for run, end in ends:
            self._do(
                "UPDATE runs SET kind = (kind & ?) + ?, ended_at = ?, error = ? WHERE id = ?",
                (-STATES_A_KIND, NUMBERS[end.state], end.ended_at, end.error[:ERROR_LENGTH], run),
            )
            self._do("DELETE FROM owners WHERE run = ?", (run,))


def _beginning(steps: Steps) -> int | None:
    """When it began, as far as these steps say."""
    times = [attempt.started_at for attempt, _ in steps.attempts]
    return steps.began if steps.began is not None else min(times, default=None)
