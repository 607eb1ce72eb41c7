"""One call's changes put into the database, in one transaction."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pipedreamer.record.grouping import Group, Whole
from pipedreamer.record.model import cut
from pipedreamer.record.packing import pack_extra
from pipedreamer.record.postgres import durable
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.numbers import Numbers
from pipedreamer.record.store import Epoch

_INSERT: Final = """
    WITH added AS (
        INSERT INTO runs (kind, id, code, started_at, ended_at, error, extra, detail)
        SELECT * FROM unnest($1::int[], $2::bytea[], $3::int[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[],
            $8::bytea[])
        ON CONFLICT DO NOTHING RETURNING 1
    )
    UPDATE epochs SET written = written + (SELECT count(*) FROM added) WHERE epoch = $9
"""


async def write(connection: Connection, group: Group, epoch: Epoch, numbers: Numbers) -> None:
    """All of it, or nothing and an error of asyncpg; refuses in the group what may not be written."""
    await numbers.learn(connection, (whole.run for whole in group.wholes))
    if _is_plain(group):
        await _insert(connection, group.finished, epoch, numbers)
        return
    async with connection.transaction():
        await durable.drop_refused(connection, group, epoch, numbers)
        await _insert(connection, [*group.finished, *group.new], epoch, numbers)
        await _put_beside(connection, group)
        await durable.apply(connection, group)


async def _insert(connection: Connection, runs: Sequence[Whole], epoch: Epoch, numbers: Numbers) -> None:
    rows = [_row(whole, numbers) for whole in runs]
    columns = zip(*rows, strict=True) if rows else [()] * 8
    await connection.execute(_INSERT, *columns, epoch.number)


def _row(whole: Whole, numbers: Numbers) -> tuple[Any, ...]:
    run = whole.run
    return (
        numbers.kind(run),
        whole.id,
        numbers.code(run.code),
        run.started_at,
        run.ended_at,
        cut(run.error),
        pack_extra(run),
        whole.packed.column,
    )


async def _put_beside(connection: Connection, group: Group) -> None:
    """One after the other, so that few of them are in memory twice."""
    insert = "INSERT INTO beside VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    for run, name, value in _beside(group):
        await connection.execute(insert, run, name, value)


def _beside(group: Group) -> Iterable[tuple[bytes, str, bytes]]:
    for whole in group.wholes:
        yield from ((whole.id, name, value) for name, value in whole.packed.beside.items())
    for steps in group.durable.values():
        for _, packed in steps.attempts.values():
            yield from ((steps.id, name, value) for name, value in packed.beside.items())


def _is_plain(group: Group) -> bool:
    """Whether one statement has it all, which needs no transaction around it."""
    return not group.durable and not any(whole.packed.beside or whole.run.key is not None for whole in group.finished)
