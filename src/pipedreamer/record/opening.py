"""Which store a place names."""

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
        raise RecordError("PostgreSQL comes with the next commit")
    if "://" in text:
        scheme = text.partition("://")[0]
        raise RecordError(f'a record at "{scheme[:20]}://..." is not known; name a file, or postgresql://...')
    return SqliteStore(Path(text.removeprefix("sqlite:")), kept, create=create)
