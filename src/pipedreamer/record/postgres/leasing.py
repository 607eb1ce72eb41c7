"""Epochs with a lease, and the durable runs that pass from one that has ended to another."""

from pipedreamer.errors import LeaseLostError
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.store import Epoch

_BEGIN = """
    INSERT INTO epochs (workflow, engine, lease, until)
    VALUES ($1, $2, make_interval(secs => $3), now() + make_interval(secs => $3)) RETURNING epoch
"""
_END = "UPDATE epochs SET ended = now() WHERE epoch = $1 AND ended IS NULL"
_EXTEND = "UPDATE epochs SET until = now() + lease, code = $2 WHERE epoch = $1 AND ended IS NULL RETURNING true"
_END_OTHERS = """
    UPDATE epochs SET ended = now() WHERE epoch IN (
        SELECT epoch FROM epochs WHERE workflow = $1 AND ended IS NULL AND until < now() AND epoch <> $2
        FOR UPDATE SKIP LOCKED
    )
"""
"""One that is locked is writing, and so alive."""
_TAKE = """
    WITH found AS MATERIALIZED (
        SELECT o.run FROM epochs e JOIN owners o ON o.epoch = e.epoch JOIN runs r ON r.kind = o.kind AND r.id = o.run
            JOIN codes c ON c.code = r.code JOIN epochs mine ON mine.epoch = $2
        WHERE e.workflow = $1 AND e.ended IS NOT NULL AND (c.digest = mine.code OR (
            greatest(e.ended, mine.joined) < now() - 6 * mine.lease AND NOT EXISTS (
                SELECT 1 FROM epochs other
                WHERE other.workflow = $1 AND other.ended IS NULL AND other.until > now() AND other.code = c.digest
            )
        ))
        ORDER BY o.run LIMIT 1000 FOR UPDATE OF o SKIP LOCKED
    )
    UPDATE owners SET epoch = $2 FROM found WHERE owners.run = found.run
"""
"""Two that take at once get each run once: rows are looked at again after they were locked.

What began with other code is left to engines that have it, as long as one lives or may be coming back.
"""


async def begin(connection: Connection, workflow: str, engine: str, lease: float, before: Epoch | None) -> Epoch:
    """A new epoch, in the place of one before."""
    async with connection.transaction():
        if before is not None:
            await connection.execute(_END, before.number)
        return Epoch(await connection.fetchval(_BEGIN, workflow, engine, lease), workflow, lapses=True)


async def leave(connection: Connection, epoch: Epoch) -> None:
    await connection.execute(_END, epoch.number)


async def renew(connection: Connection, epoch: Epoch, code: str) -> tuple[str, ...]:
    """A lease that was renewed too late is good as long as nobody has ended it."""
    async with connection.transaction():
        if not await connection.fetchval(_EXTEND, epoch.number, code):
            raise LeaseLostError(f'another engine of "{epoch.workflow}" has taken over the runs of this one')
        await connection.execute(_END_OTHERS, epoch.workflow, epoch.number)
        await connection.execute(_TAKE, epoch.workflow, epoch.number)
        found = await connection.fetch("SELECT run FROM owners WHERE epoch = $1 ORDER BY run", epoch.number)
    return tuple(run.hex() for (run,) in found)
