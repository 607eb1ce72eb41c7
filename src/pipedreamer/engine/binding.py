"""The socket that the server listens on, or why there is none."""

import errno
import socket
from typing import Final

from pipedreamer.errors import BindError, UsageError

BACKLOG: Final = 2048


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port` (0: a free one); `::` takes IPv4 as well.

    Raises `BindError` for a port in use, a port that needs rights, and a host that is not this machine's.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"port {port} is not a port; use --port with a number from 0 to 65535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BindError(
            f"host {host!r} is not known here ({error}); use --host with an address of this machine"
        ) from error
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        listener.bind(address)
        listener.listen(BACKLOG)  # now, because two sockets may bind one port as long as neither listens
    except OSError as error:
        listener.close()
        raise BindError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use; stop what listens there or choose another one with --port"
        case errno.EACCES | errno.EPERM:
            return f"port {port} on {host} needs rights that this user has not; choose one from 1024 on with --port"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine; use --host with one that is"
        case _:
            return f"cannot listen on port {port} of {host}: {error.strerror}; choose others with --host and --port"
