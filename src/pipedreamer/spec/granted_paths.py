"""Paths that `permissions.read` and `permissions.write` grant."""

from typing import Final

from pipedreamer.spec.findings import Fault

SCRATCH: Final = "/tmp"  # noqa: S108 - the name by which nodes know their scratch folder
SECRETS_MOUNT: Final = "/app/secrets"
_SECRETS_REASON: Final = "where the secrets are mounted"
_MACHINE: Final = {
    "/proc": "which shows other processes and what they hold",
    "/sys": "which is the kernel's",
    "/dev": "which holds the machine's devices",
}


def granted_path(text: str) -> str | Fault:
    """An absolute path without `.`, doubled slashes and a slash at its end, or what is wrong with it."""
    if not text.startswith("/"):
        home = ": ~ is not expanded" if text.startswith("~") else ""
        remedy = "begin it with /; the workflow's own folder can be read without being named"
        return Fault(f"is not an absolute path{home}", remedy)
    if not text.isprintable():
        return Fault("holds a control character", "for example /etc/ssl/certs")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    path = "/" + "/".join(parts)
    if ".." in parts:
        return Fault("has a .. in it", "write the path that it leads to")
    # Two dots are Kubernetes' own: in a mounted volume `..data` is where the files really are.
    hidden = next((part for part in parts if part.startswith(".") and not part.startswith("..")), None)
    if hidden:
        return Fault(
            f"leads through {hidden}; what begins with a dot is never readable", "put the files in another folder"
        )
    if path == SCRATCH:
        return Fault("is the workflow's own scratch folder anyway, never the machine's", "remove it", "warning")
    return off_limits(path) or path


def off_limits(path: str) -> Fault | None:
    """Why no path like this is ever granted; a path that a link leads to is asked for in the same way."""
    if path == "/":
        return Fault("is the whole machine, with the engine and all secrets", "name the folders that are needed")
    for folder, reason in _MACHINE.items():
        if covers(folder, path):
            return Fault(f"is {_in(folder, path)}, {reason}", "nodes do without it; remove it")
    if covers(SECRETS_MOUNT, path):
        return Fault(f"is {_in(SECRETS_MOUNT, path)}, {_SECRETS_REASON}", "nodes get secrets as ctx.secrets")
    if covers(path, SECRETS_MOUNT):
        return Fault(f"holds {SECRETS_MOUNT}, {_SECRETS_REASON}", "name the folders in it that are needed")
    return None


def covers(outer: str, inner: str) -> bool:
    """Whether one absolute path is the other or a folder around it."""
    return outer in ("/", inner) or inner.startswith(f"{outer}/")


def _in(folder: str, path: str) -> str:
    return folder if path == folder else f"in {folder}"
