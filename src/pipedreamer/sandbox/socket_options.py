"""What drivers set on a socket before they connect it, carried over to the socket that the engine connected."""

import socket
from typing import Final

_CARRIED: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
)


def carry_over(source: socket.socket, target: socket.socket) -> None:
    """Set on `target` what is set on `source`."""
    for level, option in _CARRIED:
        if value := source.getsockopt(level, option):
            target.setsockopt(level, option, value)
