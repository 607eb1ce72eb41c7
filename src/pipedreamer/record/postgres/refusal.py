"""What the server and the network refuse, in words for people; never with a password."""

from typing import Final

import asyncpg
from asyncpg import exceptions

from pipedreamer.errors import RecordError
from pipedreamer.record.postgres.place import Place
from pipedreamer.record.postgres.schema import SCHEMA

Failure = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""All that comes from asyncpg when something is not as it should be; TimeoutError is an OSError."""
Lost = (
    exceptions.PostgresConnectionError,
    exceptions.AdminShutdownError,
    exceptions.CrashShutdownError,
    exceptions.IdleInTransactionSessionTimeoutError,
    exceptions.InternalClientError,
    ConnectionError,
)
"""The connection is gone, and another may do."""

_GRANT: Final = f"create the schema as its owner: CREATE SCHEMA {SCHEMA} AUTHORIZATION <this user>"
_REMEDIES: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...]] = (
    (
        (exceptions.InvalidPasswordError, exceptions.InvalidAuthorizationSpecificationError),
        "refuses the user",
        "look at user and password, and at the server's pg_hba.conf",
    ),
    (exceptions.InvalidCatalogNameError, "has no such database", "create it: CREATE DATABASE ..."),
    (exceptions.InsufficientPrivilegeError, "refuses this user what a record needs", _GRANT),
    (exceptions.DiskFullError, "cannot be written: its disk is full", "make room there"),
    (
        exceptions.ReadOnlySQLTransactionError,
        "cannot be written: it is read-only",
        "name the primary server, or add ?target_session_attrs=read-write to several hosts",
    ),
    (
        exceptions.TooManyConnectionsError,
        "takes no more connections",
        "raise max_connections: an engine needs up to five",
    ),
    (
        (exceptions.QueryCanceledError, exceptions.LockNotAvailableError, TimeoutError),
        "took too long to answer",
        "look at its load and its locks",
    ),
    (
        (OSError, exceptions.CannotConnectNowError, *Lost),
        "cannot be reached",
        "look whether it is running, and at host and port",
    ),
)


def refused(place: Place, error: BaseException) -> RecordError:
    """What is wrong with the record at this place."""
    for kinds, what, remedy in _REMEDIES:
        if isinstance(error, kinds):
            return RecordError(f"the record in {place} {what} ({_said(error)}); {remedy}")
    return RecordError(f"the record in {place} cannot be read or written ({_said(error)}); look at the server's log")


def _said(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
