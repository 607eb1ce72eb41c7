"""One call's changes put into the file, in one transaction. All of this runs in the writer's thread."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pipedreamer.record.changes import Change
from pipedreamer.record.grouping import Group, Whole, grouped
from pipedreamer.record.model import cut
from pipedreamer.record.packing import pack_extra
from pipedreamer.record.sqlite.durable import Durable
from pipedreamer.record.sqlite.files import Files, file_name
from pipedreamer.record.sqlite.numbers import Numbers
from pipedreamer.record.sqlite.transaction import transaction
from pipedreamer.record.store import Epoch, Limits, Refusals

_ROWS: Final = 64
"""So many runs go into one statement: each statement gives other threads a turn, and takes one to come back."""


class Writer:
    """Writes for one epoch after the other."""

    def __init__(self, files: Files, limits: Limits) -> None:
        self._files = files
        self._limits = limits
        self._numbers = Numbers()
        self._is_full = False

    def write(
        self, connection: sqlite3.Connection, changes: Sequence[Change | Whole], epoch: Epoch, *, durable: bool
    ) -> Refusals:
        """All of it, or nothing and an error of SQLite or the system."""
        group = grouped(changes, epoch, self._limits)
        if durable is not self._is_full:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._is_full = durable
        if _is_plain(group):
            self._insert(connection, group.finished)
        else:
            self._transact(connection, group, epoch, durable=durable)
        return group.refused

    def _transact(self, connection: sqlite3.Connection, group: Group, epoch: Epoch, *, durable: bool) -> None:
        written: list[str] = []
        self._number(connection, group)
        try:
            with transaction(connection):
                steps = Durable(connection, epoch, self._numbers)
                steps.drop_refused(group)
                for run, values in _beside(group):
                    self._put_beside(connection, run, values, written, durable=durable)
                if durable and written:
                    self._files.settle()
                self._insert(connection, [*group.finished, *group.new])
                steps.keep_keys(group.finished)
                steps.apply(group)
        except BaseException:
            self._files.remove(written)
            raise

    def _number(self, connection: sqlite3.Connection, group: Group) -> None:
        """Before the transaction, since what is kept in memory cannot be rolled back."""
        for whole in group.wholes:
            self._numbers.kind(connection, whole.run)
            self._numbers.code(connection, whole.run.code)

    def _insert(self, connection: sqlite3.Connection, runs: Sequence[Whole]) -> None:
        for start in range(0, len(runs), _ROWS):
            some = runs[start : start + _ROWS]
            values: list[Any] = []
            for whole in some:
                values += self._row(connection, whole)
            connection.execute(_insertion(len(some)), values)

    def _row(self, connection: sqlite3.Connection, whole: Whole) -> tuple[Any, ...]:
        run = whole.run
        return (
            self._numbers.kind(connection, run),
            whole.id,
            self._numbers.code(connection, run.code),
            run.started_at,
            run.ended_at,
            cut(run.error),
            pack_extra(run),
            whole.packed.column,
        )

    def _put_beside(
        self,
        connection: sqlite3.Connection,
        run: bytes,
        values: Mapping[str, bytes],
        written: list[str],
        *,
        durable: bool,
    ) -> None:
        for name, value in values.items():
            row = (run, name, len(value))
            if connection.execute("INSERT INTO beside VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount:
                connection.execute("UPDATE sums SET value = value + ? WHERE name = 'beside'", (len(value),))
                written.append(file_name(run, name))
                self._files.write(run, name, value, durable=durable)


def _is_plain(group: Group) -> bool:
    """Whether one statement has it all, which needs no transaction around it."""
    finished = group.finished
    return (
        len(finished) <= _ROWS
        and not group.durable
        and not any(whole.packed.beside or whole.run.key is not None for whole in finished)
    )


def _beside(group: Group) -> Iterator[tuple[bytes, Mapping[str, bytes]]]:
    """The large values of each run."""
    for whole in group.wholes:
        yield whole.id, whole.packed.beside
    for steps in group.durable.values():
        for _, packed in steps.attempts.values():
            yield steps.id, packed.beside


@cache
def _insertion(rows: int) -> str:
    columns = "kind, id, code, started_at, ended_at, error, extra, detail"
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * rows)
    return f"INSERT INTO runs ({columns}) VALUES {places} ON CONFLICT DO NOTHING"  # noqa: S608 - only places
