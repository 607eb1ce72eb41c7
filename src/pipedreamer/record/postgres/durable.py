"""What is said of durable runs: whose they are, how far they came, what they logged. Each step is one statement."""

from collections.abc import Iterable
from typing import Any, Final

from pipedreamer.errors import KeyTakenError, StaleError
from pipedreamer.record.grouping import Group, Kept, Whole, stale, standing
from pipedreamer.record.model import NUMBERS, STATES_A_KIND, cut
from pipedreamer.record.packing import encode_line
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.store import Epoch

_STATE: Final = f"(kind % {STATES_A_KIND})"
_KEYS: Final = """
    INSERT INTO keys (workflow, key, digest, run)
    SELECT $1, key, digest, run FROM unnest($2::text[], $3::bytea[], $4::bytea[]) WITH ORDINALITY AS
        given (key, digest, run, place)
    ORDER BY key, place ON CONFLICT DO NOTHING
"""
"""In the order of keys, so that no two engines wait for each other."""
_BEGIN: Final = f"""
    UPDATE runs SET started_at = coalesce(started_at, given.at),
        kind = CASE WHEN {_STATE} = {NUMBERS["accepted"]} THEN kind - {_STATE} + {NUMBERS["running"]} ELSE kind END
    FROM unnest($1::bytea[], $2::bigint[]) AS given (run, at) WHERE id = given.run
"""  # noqa: S608 - numbers
_ATTEMPTS: Final = """
    INSERT INTO attempts (run, node, number, detail) VALUES ($1, $2, $3, $4)
    ON CONFLICT (run, node, number) DO UPDATE SET detail = excluded.detail
"""
_END: Final = f"""
    UPDATE runs SET kind = kind - {_STATE} + given.state, ended_at = given.ended_at, error = given.error
    FROM unnest($1::bytea[], $2::int[], $3::bigint[], $4::text[]) AS given (run, state, ended_at, error)
    WHERE id = given.run
"""  # noqa: S608 - numbers


async def drop_refused(connection: Connection, group: Group, epoch: Epoch) -> None:
    """Refuse the runs that are another's, and those whose key is taken; forget those that are stored already.

    The epoch's row stays locked until the end of the transaction: nobody takes its runs over meanwhile.
    """
    has_ended = await connection.fetchval(
        "SELECT ended IS NOT NULL FROM epochs WHERE epoch = $1 FOR UPDATE", epoch.number
    )
    ids = [steps.id for steps in group.durable.values()]
    owners = dict(await _rows(connection, "SELECT run, epoch FROM owners WHERE run = ANY($1)", ids))
    rows = await _rows(connection, f"SELECT id, {_STATE}, ended_at FROM runs WHERE id = ANY($1)", ids)  # noqa: S608
    kept: dict[bytes, Kept] = {run: (state, ended_at) for run, state, ended_at in rows}
    new: list[Whole] = []
    for run_id, steps in list(group.durable.items()):
        found = standing(run_id, steps, epoch, owners.get(steps.id), kept.get(steps.id))
        if has_ended is not False and found != "stored":
            found = stale(run_id)
        if isinstance(found, StaleError):
            group.refuse(run_id, found)
        elif found == "stored":
            del group.durable[run_id]
        elif found == "new" and steps.accepted:
            new.append(steps.accepted)
    await _keep_keys(connection, group, new, epoch)
    insert = "INSERT INTO owners SELECT run, $2, true FROM unnest($1::bytea[]) AS given (run)"
    await connection.execute(insert, [whole.id for whole in new if whole.run.id in group.durable], epoch.number)


async def _keep_keys(connection: Connection, group: Group, new: Iterable[Whole], epoch: Epoch) -> None:
    """Of durable runs only one may have a key; of others, who came first keeps it."""
    wanting = [whole for whole in (*new, *group.finished) if whole.run.key is not None]
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
    if begun := [(one.id, at) for one in runs if (at := one.beginning) is not None]:
        await connection.execute(_BEGIN, *zip(*begun, strict=True))
    if attempts := [(one.id, did.node, did.number, packed.column) for one in runs for did, packed in one.attempts]:
        await connection.executemany(_ATTEMPTS, attempts)
    if lines := [(one.id, line.number, encode_line(line)) for one in runs for line in one.lines]:
        insert = "INSERT INTO lines SELECT * FROM unnest($1::bytea[], $2::int[], $3::bytea[]) ON CONFLICT DO NOTHING"
        await connection.execute(insert, *zip(*lines, strict=True))
    ends = [(one.id, end.state, end.ended_at, end.error) for one in runs if (end := one.ended)]
    if ends:
        rows = [(run, NUMBERS[state], ended_at, cut(error)) for run, state, ended_at, error in ends]
        await connection.execute(_END, *zip(*rows, strict=True))
        await connection.execute("DELETE FROM owners WHERE run = ANY($1)", [run for run, *_ in ends])


async def _rows(connection: Connection, query: str, ids: list[bytes]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(query, ids)]
