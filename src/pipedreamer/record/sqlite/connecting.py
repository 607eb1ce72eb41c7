"""Connections to the file, and its tables brought up to date."""

import sqlite3
import time
from pathlib import Path
from typing import Final

from pipedreamer.errors import RecordError
from pipedreamer.record.sqlite.schema import APPLICATION, MIGRATIONS
from pipedreamer.record.sqlite.transaction import one_moment, transaction

_WAIT_S: Final = 10.0
_CACHED: Final = 256
_PAGE: Final = 8192
"""Measured: fewer pages a commit than 4096, and less to write than 16384."""
_CHECKPOINT_PAGES: Final = 4000
_OLDEST: Final = (3, 37, 0)
"""The first SQLite with STRICT tables."""


def connect(file: Path) -> sqlite3.Connection:
    """A connection that may be used in any one thread at a time, and begins no transaction by itself."""
    connection = sqlite3.connect(
        file, timeout=_WAIT_S, isolation_level=None, check_same_thread=False, cached_statements=_CACHED
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    return connection


def prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Make the tables, or bring them up to this program's version; two processes may do so at once."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise RecordError(f"the record needs SQLite 3.37 or newer, and this Python has {sqlite3.sqlite_version}")
    with one_moment(connection):
        version = _ours(connection, file)
    if version == 0:
        connection.execute(f"PRAGMA page_size = {_PAGE}")
    _write_ahead(connection, file)
    if version < len(MIGRATIONS):
        with transaction(connection):
            _migrate(connection, file)


def _migrate(connection: sqlite3.Connection, file: Path) -> None:
    version = _ours(connection, file)
    for script in MIGRATIONS[version:]:
        for statement in filter(str.strip, script.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _ours(connection: sqlite3.Connection, file: Path) -> int:
    """The version of its tables; 0 for a file that is empty."""
    version = int(_pragma(connection, "user_version"))
    mark = _pragma(connection, "application_id")
    is_empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    if mark != APPLICATION and not (is_empty and version == 0):
        raise RecordError(f"{file} is another program's database, and no record of runs; name another file")
    if version > len(MIGRATIONS):
        raise RecordError(
            f"the record {file} was written by a newer version of pipedreamer (its tables are version {version}, this"
            f" program knows {len(MIGRATIONS)}); use that version, or name another file"
        )
    return version


def _write_ahead(connection: sqlite3.Connection, file: Path) -> None:
    """SQLite does not wait here for another process that does the same."""
    deadline = time.monotonic() + _WAIT_S
    mode = ""
    while not mode:
        try:
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise RecordError(f"the file system of {file} cannot hold a record (no shared memory); choose a local disk")


def _pragma(connection: sqlite3.Connection, name: str) -> str | int:
    value: str | int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
