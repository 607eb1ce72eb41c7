"""Errors that the sandbox may have caused say what would open it."""

import errno
import socket
import sqlite3
from pathlib import Path

import pytest

from pipedreamer.sandbox.python.remedies import remedy


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(errno.ENOENT, "gone", "/etc/hosts"), "permissions.read"),
        (
            FileNotFoundError(errno.ENOENT, "gone", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
            "in tests `files`",
        ),
        (OSError(errno.EROFS, "read-only", "/data/x"), "permissions.write"),
        (FileNotFoundError(errno.ENOENT, "gone", "/work/flow/.env"), "begin with a dot"),
        (PermissionError(errno.EPERM, "not permitted"), "no processes"),
        (MemoryError(), "permissions.memory"),
        (OSError(errno.EROFS, "read-only", "out.txt"), "never into their folder"),
        (FileNotFoundError(errno.ENOENT, "gone", "/proc/self/status"), "no /proc"),
        (FileNotFoundError(errno.ENOENT, "gone"), "use threads"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "permissions.net"),
        (PermissionError(errno.EACCES, "denied", "out.txt"), "never into their folder"),
        (FileNotFoundError(errno.ENOENT, "gone", Path("/etc/hosts")), "permissions.read"),
        (FileNotFoundError(errno.ENOENT, "gone", b"/etc/hosts"), "permissions.read"),
        (FileNotFoundError(errno.ENOENT, "gone", "../other/data.json"), "/work/other/data.json in permissions.read"),
        (FileNotFoundError(errno.ENOENT, "gone", ".env"), "begin with a dot"),
        (PermissionError(errno.EPERM, "not permitted", "/tmp/x"), "no special modes"),
        (OSError(errno.EBADF, "bad", 7), ""),
        (sqlite3.OperationalError("attempt to write a readonly database"), "never into their folder"),
        (sqlite3.OperationalError("no such table: a"), ""),
        (KeyError("TZ"), ""),
        (OSError(errno.ENOSPC, "full", "/tmp/x"), "/tmp is small"),
        (OSError(errno.ENOSPC, "full"), "remove what you write"),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"), "/tmp is small"),
        (FileNotFoundError(errno.ENOENT, "gone", "/work/flow/data.json"), ""),
        (FileNotFoundError(errno.ENOENT, "gone", "/tmp/x"), ""),
        (FileNotFoundError(errno.ENOENT, "gone", "data.json"), ""),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), ""),
        (ValueError("/etc/hosts"), ""),
    ],
)
def test_a_remedy_is_said_where_there_is_one(error: BaseException, words: str) -> None:
    assert words in remedy(error, "/work/flow")
    assert bool(words) == bool(remedy(error, "/work/flow"))
