"""Errors that the sandbox may have caused say what would open it."""

import errno
import socket

import pytest

from pipedreamer.sandbox.python.remedies import remedy


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(errno.ENOENT, "gone", "/etc/hosts"), "permissions.read"),
        (OSError(errno.EROFS, "read-only", "/data/x"), "permissions.write"),
        (FileNotFoundError(errno.ENOENT, "gone", "/work/flow/.env"), "begin with a dot"),
        (PermissionError(errno.EPERM, "not permitted"), "no processes"),
        (MemoryError(), "permissions.memory"),
        (OSError(errno.EROFS, "read-only", "out.txt"), "never into their folder"),
        (FileNotFoundError(errno.ENOENT, "gone", "/proc/self/status"), "no /proc"),
        (FileNotFoundError(errno.ENOENT, "gone"), "use threads"),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), "permissions.net"),
        (OSError(errno.ENOSPC, "full", "/tmp/x"), "limited size"),
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
