"""What is said to be on the disk is there: the databases were told to wait for it, for these changes and no others."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.integration.record.conftest import administer
from tests.integration.record.samples import accepted, finished

from pipedreamer.record import Accepted, Change, Epoch, Finished, Limits, open_store
from pipedreamer.record.sqlite.connecting import connect, prepare
from pipedreamer.record.sqlite.files import Files
from pipedreamer.record.sqlite.writing import Writer

NORMAL, FULL = 1, 2


def test_sqlite_waits_for_the_disk_where_it_is_asked_to(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    writer = Writer(Files(tmp_path / "values"), Limits())
    with closing(connect(file)) as connection:
        prepare(connection, file)
        for number, durable in enumerate((False, True, True, False, True)):
            changes: list[Change] = [Finished(finished(number)), Accepted(accepted(number + 100))]
            writer.write(connection, changes, Epoch(1, "flow"), durable=durable)
            assert waits(connection) == (FULL if durable else NORMAL)


async def test_postgresql_waits_for_the_disk_where_it_is_asked_to(database: str) -> None:
    async with open_store(database) as store:
        epoch = await store.join("flow", "the tests", 60)
        for number in range(1, 60, 3):
            changes: list[list[Change]] = [[Finished(finished(number))], [Accepted(accepted(number + 1))]]
            for change in changes:
                ((before,),) = await administer(database, "SELECT pg_current_wal_insert_lsn()::text")
                await store.write(change, epoch, durable=True)
                ((on_the_disk,),) = await administer(
                    database, f"SELECT pg_current_wal_flush_lsn() > '{before}'::pg_lsn"
                )
                assert on_the_disk


def waits(connection: sqlite3.Connection) -> int:
    value: int = connection.execute("PRAGMA synchronous").fetchone()[0]
    return value
