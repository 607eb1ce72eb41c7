"""Which store a place names."""

import re
from pathlib import Path

from pipedreamer.errors import RecordError
from pipedreamer.record.sqlite.store import SqliteStore
from pipedreamer.record.store import Limits, Store


def open_store(place: str | Path, limits: Limits | None = None, *, create: bool = True) -> Store:
    """The store at a path, at "sqlite:PATH", or at "postgresql://..."; it is still to be opened.

    Without `create` a record that is not there is an error, as one wants it who only reads.
    """
    text = str(place)
    kept = limits or Limits()
    if text.startswith(("postgresql://", "postgres://")):
        return _postgres(text, kept, create=create)
    if "://" in text or re.match("postgres(ql)?:", text):
        scheme = text.partition(":")[0]
        raise RecordError(f'a record at "{scheme[:20]}://..." is not known; name a file, or postgresql://...')
    return SqliteStore(Path(text.removeprefix("sqlite:")), kept, create=create)


def _postgres(url: str, limits: Limits, *, create: bool) -> Store:
    """Imported here, since few need it and it takes its time."""
    try:
        from pipedreamer.record.postgres.store import PostgresStore
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise RecordError(
            "a record in PostgreSQL needs asyncpg, which is not installed: pip install 'pipedreamer[postgres]'"
        ) from None
    return PostgresStore(url, limits, create=create)
