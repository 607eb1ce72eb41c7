"""The engine's own ports: which addresses lead back to this machine."""

import errno
import socket
from collections.abc import Callable, Collection
from ipaddress import IPv4Address

from pipedreamer.runtime.egress.spelling import Address

OwnPorts = Callable[[], Collection[int]]
"""Tells the TCP ports that the engine listens on, as they are now."""


def no_ports() -> Collection[int]:
    """The own ports of what does not listen."""
    return ()


def is_of_this_machine(address: Address) -> bool:
    """Whether a connection to this address ends on this machine, whatever its interfaces are.

    Only the machine's own addresses can be bound. Where that cannot be found out, the answer is yes.
    """
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        return error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
    return True
