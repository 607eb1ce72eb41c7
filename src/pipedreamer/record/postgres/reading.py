"""What is asked of the database."""

from typing import Any, Final

from msgspec import structs

from pipedreamer.record.ids import bounds
from pipedreamer.record.model import Line, Run
from pipedreamer.record.packing import LINES, decode_line, in_order, unpack_attempt, unpack_lines, unpack_run
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.query import Page, Query
from pipedreamer.record.rows import COLUMNS, JOINED, kinds_asked_for
from pipedreamer.record.rows import summary as summary_of

NEWEST: Final = f"""
    SELECT {COLUMNS} FROM (
        SELECT one.kind, one.id FROM unnest($1::int[]) AS wanted (kind) CROSS JOIN LATERAL (
            SELECT kind, id FROM runs WHERE kind = wanted.kind AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4
        ) AS one ORDER BY one.id DESC LIMIT $4
    ) AS newest JOIN {JOINED} ON r.kind = newest.kind AND r.id = newest.id ORDER BY r.id DESC
"""  # noqa: S608 - names of ours


async def page(connection: Connection, query: Query) -> Page:
    """The newest of each kind that is asked for, and of these the newest."""
    low, high = bounds(query)
    kinds = await kinds_of(connection, query)
    rows = await connection.fetch(NEWEST, kinds, low, high, query.limit + 1)
    summaries = tuple(map(summary_of, rows[: query.limit]))
    return Page(summaries, summaries[-1].id if len(rows) > query.limit else None)


async def run(connection: Connection, workflow: str, run_id: bytes) -> Run | None:
    """A run with all that was kept of it."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        row = await _row(connection, f"{COLUMNS}, r.detail", workflow, run_id)
        if row is None:
            return None
        *columns, detail = row
        summary = summary_of(columns)
        values = await connection.fetch("SELECT name, value FROM beside WHERE run = $1", run_id)
        fetch = dict(map(tuple, values)).__getitem__
        given, attempts, lines = unpack_run(detail, fetch)
        if summary.durable or not attempts:  # so it is with one that took long
            kept = await connection.fetch("SELECT detail FROM attempts WHERE run = $1 ORDER BY seq", run_id)
            attempts = in_order((*attempts, *(unpack_attempt(one, fetch) for (one,) in kept)))
            lines += await _said(connection, run_id, 0, None)
        return Run(**structs.asdict(summary), input=given, attempts=attempts, lines=lines)


async def lines(connection: Connection, workflow: str, run_id: bytes, after: int, limit: int) -> tuple[Line, ...]:
    """Lines with higher numbers than `after`."""
    row = await _row(connection, "r.detail", workflow, run_id)
    if row is None:
        return ()
    beside = await connection.fetchval("SELECT value FROM beside WHERE run = $1 AND name = $2", run_id, LINES)
    kept = unpack_lines(row[0], lambda _: bytes(beside))
    if not kept:
        return await _said(connection, run_id, after, limit)
    return tuple(line for line in kept if line.number > after)[:limit]


async def find_key(connection: Connection, workflow: str, key: str) -> tuple[str, bytes | None] | None:
    row = await connection.fetchrow("SELECT run, digest FROM keys WHERE workflow = $1 AND key = $2", workflow, key)
    return None if row is None else (row[0].hex(), row[1])


async def seal(connection: Connection) -> str:
    """What marks references to secrets as this record's own."""
    marked: str = await connection.fetchval("SELECT value FROM seal")
    return marked


async def _row(connection: Connection, columns: str, workflow: str, run_id: bytes) -> Any:
    found = f"SELECT {columns} FROM {JOINED} WHERE r.kind = ANY($1) AND r.id = $2"  # noqa: S608 - names of ours
    return await connection.fetchrow(found, await kinds_of(connection, Query(workflow=workflow)), run_id)


async def _said(connection: Connection, run_id: bytes, after: int, limit: int | None) -> tuple[Line, ...]:
    found = "SELECT line FROM lines WHERE run = $1 AND number > $2 ORDER BY number LIMIT $3"
    return tuple(decode_line(line) for (line,) in await connection.fetch(found, run_id, after, limit))


async def kinds_of(connection: Connection, query: Query) -> list[int]:
    """What may stand in the rows of the runs that are asked for."""
    found = "SELECT kind, version, trigger FROM kinds WHERE workflow = $1"
    return kinds_asked_for(await connection.fetch(found, query.workflow), query)
