"""What is said of durable runs: whose they are, how far they came, what they logged. Each step is one statement."""

from typing import Final

from pipedreamer.errors import KeyTakenError, StaleError
from pipedreamer.record.grouping import Group, Kept, Owner, stale, standing
from pipedreamer.record.model import STATES_A_KIND
from pipedreamer.record.packing import encode_line
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.numbers import Numbers
from pipedreamer.record.postgres.reading import kinds_of
from pipedreamer.record.query import Query
from pipedreamer.record.store import Epoch

_KEYS: Final = """
    INSERT INTO keys (workflow, key, digest, run)
    SELECT $1, key, digest, run FROM unnest($2::text[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS
        given (key, digest, run, place)
    ORDER BY key, place ON CONFLICT DO NOTHING
"""
"""In the order of keys, so that no two engines wait for each other."""
_MOVE: Final = """
    UPDATE runs SET kind = given.aim, started_at = coalesce(runs.started_at, given.started_at),
        ended_at = given.ended_at, error = given.error
    FROM unnest($1::bytea[], $2::int[], $3::int[], $4::bigint[], $5::bigint[], $6::text[])
        AS given (id, kind, aim, started_at, ended_at, error)
    WHERE runs.kind = given.kind AND runs.id = given.id
"""
_ATTEMPTS: Final = """
    INSERT INTO attempts (run, node, number, detail) VALUES ($1, $2, $3, $4)
    ON CONFLICT (run, node, number) DO UPDATE SET detail = excluded.detail
"""


async def drop_refused(connection: Connection, group: Group, epoch: Epoch, numbers: Numbers) -> None:
    """Refuse the runs that are another's, and those whose key is taken; forget those that are stored already.

    The epoch's row stays locked until the end of the transaction: nobody takes its runs over meanwhile.
    """
    has_ended = await connection.fetchval(
        "SELECT ended IS NOT NULL FROM epochs WHERE epoch = $1 FOR UPDATE", epoch.number
    )
    ids = [steps.id for steps in group.durable.values()]
    found = await connection.fetch("SELECT run, epoch, kind FROM owners WHERE run = ANY($1)", ids)
    owners: dict[bytes, Owner] = {run: (its, kind) for run, its, kind in found}
    kept = await _kept(connection, epoch, [run for run in ids if run not in owners])
    for run_id, steps in list(group.durable.items()):
        standing_of = standing(run_id, steps, epoch, owners.get(steps.id), kept.get(steps.id))
        if has_ended is not False and standing_of != "stored":
            standing_of = stale(run_id)
        if isinstance(standing_of, StaleError):
            group.refuse(run_id, standing_of)
        elif standing_of == "stored":
            del group.durable[run_id]
    await _keep_keys(connection, group, epoch)
    for whole in group.new:
        group.durable[whole.run.id].kind = numbers.kind(whole.run)
    insert = "INSERT INTO owners (run, kind, epoch) SELECT *, $3 FROM unnest($1::bytea[], $2::int[])"
    new = [steps for steps in group.durable.values() if steps.is_new]
    await connection.execute(insert, [one.id for one in new], [one.kind for one in new], epoch.number)


async def _kept(connection: Connection, epoch: Epoch, ids: list[bytes]) -> dict[bytes, Kept]:
    """What is stored of runs that belong to nobody."""
    if not ids:
        return {}
    kinds = await kinds_of(connection, Query(workflow=epoch.workflow))
    found = "SELECT id, kind, ended_at FROM runs WHERE kind = ANY($1) AND id = ANY($2)"
    rows = await connection.fetch(found, kinds, ids)
    return {run: (kind % STATES_A_KIND, ended_at) for run, kind, ended_at in rows}


async def _keep_keys(connection: Connection, group: Group, epoch: Epoch) -> None:
    """Of durable runs only one may have a key; of others, who came first keeps it."""
    wanting = [whole for whole in (*group.new, *group.finished) if whole.run.key is not None]
    if not wanting:
        return
    keys = [whole.run.key for whole in wanting]
    digests = [whole.run.key_digest for whole in wanting]
    await connection.execute(_KEYS, epoch.workflow, keys, digests, [whole.id for whole in wanting])
    found = "SELECT key, run, digest FROM keys WHERE workflow = $1 AND key = ANY($2)"
    holders = {key: (run, digest) for key, run, digest in await connection.fetch(found, epoch.workflow, keys)}
    for whole in wanting:
        holder, digest = holders[whole.run.key]
        if holder != whole.id and whole.run.id in group.durable:
            same = digest == whole.run.key_digest
            group.refuse(whole.run.id, KeyTakenError(holder.hex(), same_body=same))


async def apply(connection: Connection, group: Group) -> None:
    """Write how they went on; the rows of those that were accepted are there."""
    runs = list(group.durable.values())
    if moves := [move for one in runs if (move := one.move())]:
        await connection.execute(_MOVE, *zip(*moves, strict=True))
        stay = [(move.id, move.to) for move in moves if move.ended_at is None]
        await connection.executemany("UPDATE owners SET kind = $2 WHERE run = $1", stay)
        ended = [move.id for move in moves if move.ended_at is not None]
        await connection.execute("DELETE FROM owners WHERE run = ANY($1)", ended)
    if attempts := [row for one in runs for row in one.rows]:
        await connection.executemany(_ATTEMPTS, attempts)
    if lines := [(one.id, line.number, encode_line(line)) for one in runs for line in one.lines]:
        insert = "INSERT INTO lines SELECT * FROM unnest($1::bytea[], $2::int[], $3::bytea[]) ON CONFLICT DO NOTHING"
        await connection.execute(insert, *zip(*lines, strict=True))
