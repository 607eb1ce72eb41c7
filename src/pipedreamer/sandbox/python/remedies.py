"""What to add to an error that the sandbox may have caused: at midnight it looks like any other."""

import errno
import os
import socket
from typing import Final

_NOT_PERMITTED: Final = "nodes start no processes, and open no sockets but those of permissions.net"
_WITHOUT_PATH: Final = {
    errno.EPERM: _NOT_PERMITTED,
    errno.EACCES: _NOT_PERMITTED,
    errno.ENOENT: "nodes share no memory between processes: use threads, as of concurrent.futures",
}
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
    if isinstance(error, socket.gaierror):
        return "names are looked up that permissions.net declares"
    if error.errno == errno.ENOSPC:
        return "/tmp is a scratch folder of limited size"  # noqa: S108 - the sandbox's own
    if error.errno == errno.EROFS and isinstance(path, str) and not _is_outside(path, root):
        return "nodes write to /tmp or to what permissions.write names, never into their folder"
    if isinstance(path, str) and path.startswith("/") and error.errno in _SHUT:
        return _of_path(os.path.normpath(path), root)
    return _WITHOUT_PATH.get(error.errno or 0, "") if path is None else ""


def _is_outside(path: str, root: str) -> bool:
    return path.startswith("/") and path != root and not path.startswith(root + "/")


def _of_path(path: str, root: str) -> str:
    if not _is_outside(path, root):
        is_hidden = any(part.startswith(".") for part in path[len(root) + 1 :].split("/"))
        return "nodes never see names that begin with a dot" if is_hidden else ""
    if path.startswith(("/proc", "/sys", "/dev")):
        return "nodes have no /proc, /sys or /dev"
    if path == "/tmp" or path.startswith("/tmp/"):  # noqa: S108 - the sandbox's own
        return ""
    return f"nodes see their folder and /tmp; {path} in permissions.read or permissions.write opens it"
