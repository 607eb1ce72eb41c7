"""What is asked of the file. Each function runs in a reader's thread, with a connection that sees one moment."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from msgspec import structs

from pipedreamer.record.ids import bounds
from pipedreamer.record.model import Line, Run
from pipedreamer.record.packing import decode_line, in_order, unpack_attempt, unpack_lines, unpack_run
from pipedreamer.record.query import Page, Query
from pipedreamer.record.rows import COLUMNS, JOINED, kinds_asked_for
from pipedreamer.record.rows import summary as summary_of
from pipedreamer.record.sqlite.files import Files
from pipedreamer.record.sqlite.transaction import one_moment

NEWEST: Final = (
    "SELECT id, seq FROM runs INDEXED BY runs_by_kind WHERE kind = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?"
)
"""Read from the index alone."""


def page(connection: sqlite3.Connection, query: Query) -> Page:
    """The newest of each kind that is asked for, and of these the newest."""
    low, high = bounds(query)
    newest: list[tuple[bytes, int]] = []
    with one_moment(connection):
        for kind in kinds_of(connection, query):
            found = connection.execute(NEWEST, (kind, low, high, query.limit + 1)).fetchall()
            if found:
                newest = sorted([*newest, *found], reverse=True)[: query.limit + 1]
            if len(newest) > query.limit:
                low = max(low, newest[-1][0])
        if not newest:
            return Page(())
        shown = newest[: query.limit]
        places = ", ".join("?" * len(shown))
        rows = f"SELECT {COLUMNS} FROM {JOINED} WHERE r.seq IN ({places}) ORDER BY r.id DESC"  # noqa: S608 - names
        summaries = tuple(map(summary_of, connection.execute(rows, [seq for _, seq in shown])))
    return Page(summaries, summaries[-1].id if len(newest) > query.limit else None)


def run(connection: sqlite3.Connection, files: Files, workflow: str, run_id: bytes) -> Run | None:
    """A run with all that was kept of it."""
    with one_moment(connection):
        return run_within(connection, files, workflow, run_id)


def run_within(connection: sqlite3.Connection, files: Files, workflow: str, run_id: bytes) -> Run | None:
    """The same in a transaction that somebody else began."""
    row = _row(connection, f"{COLUMNS}, r.detail", workflow, run_id)
    if row is None:
        return None
    summary, fetch = summary_of(row[:-1]), partial(files.read, run_id)
    given, attempts, lines = unpack_run(row[-1], fetch)
    if summary.durable or not attempts:  # so it is with one that took long
        kept = connection.execute("SELECT detail FROM attempts WHERE run = ? ORDER BY seq", (run_id,))
        attempts = in_order((*attempts, *(unpack_attempt(detail, fetch) for (detail,) in kept)))
        lines += _said(connection, run_id, 0, -1)
    return Run(**structs.asdict(summary), input=given, attempts=attempts, lines=lines)


def lines(
    connection: sqlite3.Connection, files: Files, workflow: str, run_id: bytes, after: int, limit: int
) -> tuple[Line, ...]:
    """Lines with higher numbers than `after`."""
    with one_moment(connection):
        row = _row(connection, "r.detail", workflow, run_id)
        if row is None:
            return ()
        kept = unpack_lines(row[0], partial(files.read, run_id))
        if not kept:
            return _said(connection, run_id, after, limit)
        return tuple(line for line in kept if line.number > after)[:limit]


def find_key(connection: sqlite3.Connection, workflow: str, key: str) -> tuple[str, bytes | None] | None:
    found = connection.execute(
        "SELECT run, digest FROM keys WHERE workflow = ? AND key = ?", (workflow, key)
    ).fetchone()
    return None if found is None else (found[0].hex(), found[1])


def one_of(kinds: Sequence[int]) -> str:
    """A condition with as many places."""
    return f"kind IN ({', '.join('?' * len(kinds))})"


def _row(connection: sqlite3.Connection, columns: str, workflow: str, run_id: bytes) -> Any:
    kinds = kinds_of(connection, Query(workflow=workflow))
    found = f"SELECT {columns} FROM {JOINED} WHERE r.{one_of(kinds)} AND r.id = ?"  # noqa: S608 - names of ours
    return connection.execute(found, (*kinds, run_id)).fetchone()


def _said(connection: sqlite3.Connection, run_id: bytes, after: int, limit: int) -> tuple[Line, ...]:
    found = "SELECT line FROM lines WHERE run = ? AND number > ? ORDER BY number LIMIT ?"
    return tuple(decode_line(line) for (line,) in connection.execute(found, (run_id, after, limit)))


def kinds_of(connection: sqlite3.Connection, query: Query) -> list[int]:
    """What may stand in the rows of the runs that are asked for."""
    found = connection.execute("SELECT kind, version, trigger FROM kinds WHERE workflow = ?", (query.workflow,))
    return kinds_asked_for(found, query)


def seal(connection: sqlite3.Connection) -> str:
    """What marks references to secrets as this record's own."""
    marked: tuple[str] = connection.execute("SELECT value FROM seal").fetchone()
    return marked[0]
