"""The tables made, or brought up to this program's version."""

from typing import Final

from pipedreamer.errors import RecordError
from pipedreamer.record.postgres.connection import Connection
from pipedreamer.record.postgres.place import Place
from pipedreamer.record.postgres.schema import MIGRATIONS, SCHEMA

_LOCK: Final = 0x50495045
"""The number of the lock under which tables are changed."""


async def prepare(connection: Connection, place: Place, *, create: bool) -> None:
    """Two engines may do so at once: the second waits for the first, and finds it done."""
    version = await _version(connection, place)
    if version is None and not create:
        raise RecordError(f"there is no record of runs in {place}")
    if version == len(MIGRATIONS):
        return
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        version = await _version(connection, place)
        if version is None:
            await _begin(connection)
        for number, script in enumerate(MIGRATIONS[version or 0 :], (version or 0) + 1):
            await connection.execute(script)
            await connection.execute("INSERT INTO versions VALUES ($1, now())", number)


async def _version(connection: Connection, place: Place) -> int | None:
    """Raises `RecordError` where it is newer than this program."""
    found = "SELECT true FROM pg_tables WHERE schemaname = $1 AND tablename = 'versions'"
    if not await connection.fetchval(found, SCHEMA):
        return None
    version: int = await connection.fetchval("SELECT coalesce(max(version), 0) FROM versions")
    if version > len(MIGRATIONS):
        raise RecordError(
            f"the record in {place} was written by a newer version of pipedreamer (its tables are version {version},"
            f" this program knows {len(MIGRATIONS)}); use that version, or name another database"
        )
    return version


async def _begin(connection: Connection) -> None:
    """Whoever may create no schema can be given an empty one."""
    found = "SELECT true FROM pg_namespace WHERE nspname = $1"
    if not await connection.fetchval(found, SCHEMA):
        await connection.execute(f"CREATE SCHEMA {SCHEMA}")
    await connection.execute("CREATE TABLE versions (version int PRIMARY KEY, since timestamptz NOT NULL)")
