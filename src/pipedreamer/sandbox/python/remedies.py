"""What to add to an error that the sandbox may have caused: at midnight it looks like any other."""

import errno
import os
import socket
from types import CodeType
from typing import Final

from pipedreamer.sandbox.python.node_secrets import NodeSecrets

_NOT_PERMITTED: Final = (
    "nodes start no processes, make no devices and no named pipes, and open no sockets but those of permissions.net"
)
_WITHOUT_PATH: Final = {
    errno.EPERM: _NOT_PERMITTED,
    errno.EACCES: _NOT_PERMITTED,
    errno.ENOENT: "nodes share no memory between processes: use threads, as of concurrent.futures",
}
_SHUT: Final = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EROFS)
_OWN_FOLDER: Final = "nodes write to /tmp or to what permissions.write names, never into their folder"
_SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/"
_OF_SERVICE_ACCOUNT: Final = (
    "pods alone have the files of a service account, and a permissions block has to name them in read; in tests "
    "`files` of the fixture answers for them"
)
_LONGEST_NAME: Final = 200
_SQLITE: Final = ("unable to open database file", "attempt to write a readonly database")
_OF_TEMPFILE: Final = "No usable temporary directory found"


def remedy(error: BaseException, root: str) -> str:
    """A sentence for a person, or ""; `root` is the workflow's folder."""
    try:
        return _remedy(error, root)
    except Exception:  # noqa: BLE001 - an exception is a node's own object, its attributes too
        return ""


def _remedy(error: BaseException, root: str) -> str:
    if isinstance(error, MemoryError):
        return "a worker may take what permissions.memory says"
    if isinstance(error, KeyError):
        return _of_key(error)
    if type(error).__module__ == "sqlite3" and str(error) in _SQLITE:
        return f"{_OWN_FOLDER}; SQLite writes into the folder of its file"
    if not isinstance(error, OSError):
        return ""
    if isinstance(error, socket.gaierror):
        return "names are looked up that permissions.net declares"
    if error.errno == errno.ENOSPC or str(error.strerror).startswith(_OF_TEMPFILE):
        return "/tmp is small and shared by all runs: remove what you write there"  # noqa: S108 - the sandbox's own
    if error.errno not in _SHUT or isinstance(error.filename, int):
        return ""
    if error.filename is None:
        return _WITHOUT_PATH.get(error.errno, "")
    return _of_path(os.path.normpath(os.path.join(root, os.fsdecode(error.filename))), root, error.errno)  # noqa: PTH118


def _of_key(error: KeyError) -> str:
    """For a name that was looked up in `ctx.secrets` or `os.environ`."""
    name = repr(error.args[0])[:_LONGEST_NAME]
    asked = _raised_in(error)
    if asked is NodeSecrets.__missing__.__code__:
        return (
            "secrets stand in .secrets.yaml, .secrets/ or where --secrets or a mount puts them, for tests in the "
            f"fixture; where there is a permissions.secrets it must name {name} too"
        )
    if asked is os._Environ.__getitem__.__code__:  # noqa: SLF001 - the class of `os.environ` has no other name
        return f"nodes see those of the engine's variables that permissions.env names: add {name} to it"
    return ""


def _raised_in(error: BaseException) -> CodeType | None:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return None if trace is None else trace.tb_frame.f_code


def _of_path(path: str, root: str, number: int) -> str:
    if number == errno.EPERM:
        return "nodes change no owners, no special modes, and no modes and times of files that are not theirs"
    if path == root or path.startswith(root + "/"):
        if number in (errno.EROFS, errno.EACCES):
            return _OWN_FOLDER
        is_hidden = any(part.startswith(".") for part in path[len(root) + 1 :].split("/"))
        return "nodes never see names that begin with a dot" if is_hidden else ""
    if path.startswith(("/proc", "/sys", "/dev")):
        return "nodes have no /proc, /sys or /dev"
    if path == "/tmp" or path.startswith("/tmp/"):  # noqa: S108 - the sandbox's own
        return ""
    if path.startswith(_SERVICE_ACCOUNT):
        return _OF_SERVICE_ACCOUNT
    return f"nodes see their folder and /tmp; {path} in permissions.read or permissions.write opens it"
