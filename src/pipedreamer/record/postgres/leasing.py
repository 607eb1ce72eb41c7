"""Epochs with a lease, and the durable runs that pass from one that has ended to another."""

from pipedreamer.errors import LeaseLostError
from pipedreamer.record.model import Run
from pipedreamer.record.postgres import reading
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.store import Epoch

_BEGIN = """
    INSERT INTO epochs (workflow, engine, lease, until)
    VALUES ($1, $2, make_interval(secs => $3), now() + make_interval(secs => $3)) RETURNING epoch
"""
_END_OTHERS = """
    UPDATE epochs SET ended = now() WHERE epoch IN (
        SELECT epoch FROM epochs WHERE workflow = $1 AND ended IS NULL AND until < now() AND epoch <> $2
        FOR UPDATE SKIP LOCKED
    )
"""
"""One that is locked is writing, and so alive."""
_TAKE = """
    UPDATE owners SET epoch = $2, is_told = false WHERE run IN (
        SELECT o.run FROM owners o JOIN epochs e ON e.epoch = o.epoch
        WHERE e.workflow = $1 AND e.ended IS NOT NULL AND o.epoch <> $2 FOR UPDATE OF o SKIP LOCKED
    )
"""
"""Two that take at once get each run once: rows are looked at again after they were locked."""


async def begin(connection: Connection, workflow: str, engine: str, lease: float) -> Epoch:
    return Epoch(await connection.fetchval(_BEGIN, workflow, engine, lease), workflow)


async def renew(connection: Connection, epoch: Epoch) -> None:
    """A lease that was renewed too late is good as long as nobody has ended it."""
    extend = "UPDATE epochs SET until = now() + lease WHERE epoch = $1 AND ended IS NULL RETURNING true"
    if not await connection.fetchval(extend, epoch.number):
        raise LeaseLostError(f'another engine of "{epoch.workflow}" has taken over the runs of this one')


async def leave(connection: Connection, epoch: Epoch) -> None:
    await connection.execute("UPDATE epochs SET ended = now() WHERE epoch = $1 AND ended IS NULL", epoch.number)


async def take(connection: Connection, epoch: Epoch) -> None:
    """Make them this epoch's."""
    async with connection.transaction():
        still = "SELECT true FROM epochs WHERE epoch = $1 AND ended IS NULL FOR UPDATE"
        if not await connection.fetchval(still, epoch.number):
            raise LeaseLostError(f'another engine of "{epoch.workflow}" has taken over the runs of this one')
        await connection.execute(_END_OTHERS, epoch.workflow, epoch.number)
        await connection.execute(_TAKE, epoch.workflow, epoch.number)


async def taken(connection: Connection, epoch: Epoch) -> tuple[Run, ...]:
    """Those that the engine was not told of; asked again if the answer was lost."""
    found = "SELECT run FROM owners WHERE epoch = $1 AND NOT is_told ORDER BY run"
    ids = [run for (run,) in await connection.fetch(found, epoch.number)]
    runs = [await reading.run(connection, epoch.workflow, run_id) for run_id in ids]
    await connection.execute("UPDATE owners SET is_told = true WHERE run = ANY($1) AND epoch = $2", ids, epoch.number)
    return tuple(run for run in runs if run is not None)
