"""Removing what is too old or too much of a workflow, a little at a time."""

from typing import Final

from pipedreamer.record.model import STATES, STATES_A_KIND, UNFINISHED
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.schema import SCHEMA
from pipedreamer.record.store import Retention, Size

_STEP: Final = 200
OLDEST: Final = f"""
    SELECT one.kind, one.id FROM (
        SELECT kind * {STATES_A_KIND} + state AS kind
        FROM kinds, generate_series({UNFINISHED}, {len(STATES) - 1}) AS state WHERE workflow = $1
    ) AS wanted CROSS JOIN LATERAL (
        SELECT kind, id FROM runs WHERE kind = wanted.kind AND id < $2 ORDER BY id LIMIT $3
    ) AS one ORDER BY one.id LIMIT $3
"""  # noqa: S608 - numbers
_COUNT: Final = """
    SELECT coalesce((SELECT runs FROM tallies WHERE workflow = $1), 0)
        + (SELECT coalesce(sum(written), 0) FROM epochs WHERE workflow = $1)
"""
_TALLY: Final = "INSERT INTO tallies VALUES ($1, $2) ON CONFLICT (workflow) DO UPDATE SET runs = tallies.runs + $2"
_SETTLE: Final = """
    DELETE FROM epochs e WHERE workflow = $1 AND ended < now() - interval '1 day'
        AND NOT EXISTS (SELECT 1 FROM owners WHERE epoch = e.epoch) RETURNING written
"""
_SIZE: Final = f"""
    SELECT (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
            WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND c.relkind = 'r'),
        (SELECT coalesce(sum(runs), 0) FROM tallies) + (SELECT coalesce(sum(written), 0) FROM epochs)
"""  # noqa: S608 - a name of ours
_PARTS: Final = ("attempts", "lines", "keys", "beside")
_REMOVE: Final = """
    DELETE FROM runs USING unnest($1::int[], $2::bytea[]) AS old (kind, id)
    WHERE runs.kind = old.kind AND runs.id = old.id
"""


async def prune(connection: Connection, workflow: str, now: int, keep: Retention) -> int:
    """One small step; how many were removed. Where another engine is at it, none."""
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtext($1))", f"prune {workflow}"):
            return 0
        gone = sum(written for (written,) in await connection.fetch(_SETTLE, workflow))
        await connection.execute(_TALLY, workflow, gone)
        surplus = 0 if keep.runs is None else int(await connection.fetchval(_COUNT, workflow)) - keep.runs
        if surplus > 0:
            oldest = b"\xff" * 16, min(surplus, _STEP)
        elif keep.age is not None:
            oldest = max(0, now - int(keep.age * 1000)).to_bytes(6, "big") + bytes(10), _STEP
        else:
            return 0
        rows = await connection.fetch(OLDEST, workflow, *oldest)
        if not rows:
            return 0
        kinds, ids = zip(*rows, strict=True)
        for table in _PARTS:
            await connection.execute(f"DELETE FROM {table} WHERE run = ANY($1)", ids)  # noqa: S608 - names of ours
        await connection.execute(_REMOVE, kinds, ids)
        await connection.execute(_TALLY, workflow, -len(ids))
        return len(ids)


async def size(connection: Connection) -> Size:
    """Of all workflows together."""
    on_disk, runs = await connection.fetchrow(_SIZE)
    return Size(int(on_disk), int(runs))
