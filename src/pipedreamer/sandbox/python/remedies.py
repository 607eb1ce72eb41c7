"""What to add to an error that the sandbox may have caused: at midnight it looks like any other."""

import errno
import os
from typing import Final

_SHUT: Final = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EROFS)


def remedy(error: BaseException, root: str) -> str:
    """A sentence for a person, or ""; `root` is the workflow's folder."""
    try:
        return _remedy(error, root)
    except Exception:  # noqa: BLE001 - an exception is a node's own object, its attributes too
        return ""


def _remedy(error: BaseException, root: str) -> str:
    if isinstance(error, MemoryError):
        return "a worker may take what permissions.memory says"
    if not isinstance(error, OSError):
        return ""
    path = error.filename
    if error.errno == errno.ENOSPC:
        return "/tmp is a scratch folder of limited size"  # noqa: S108 - the sandbox's own
    if isinstance(path, str) and path.startswith("/") and error.errno in _SHUT:
        return _of_path(os.path.normpath(path), root)
    if path is None and error.errno in (errno.EACCES, errno.EPERM):
        return "nodes start no processes and open no sockets but by permissions.net"
    return ""


def _of_path(path: str, root: str) -> str:
    if path == root or path.startswith(root + "/"):
        is_hidden = any(part.startswith(".") for part in path[len(root) + 1 :].split("/"))
        return "nodes never see names that begin with a dot" if is_hidden else ""
    if path == "/tmp" or path.startswith("/tmp/"):  # noqa: S108 - the sandbox's own
        return ""
    return "nodes see their folder and /tmp; permissions.read and permissions.write open more"
