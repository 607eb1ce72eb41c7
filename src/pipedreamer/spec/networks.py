"""IP networks: which lies within which, and those that nodes never reach, whatever `permissions.net` says.

The latter follow IANA's registries of special-purpose addresses (RFC 6890) and what clouds publish on metadata.
"""

from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

_METADATA: Final = (
    "169.254.169.254/32",  # AWS, Google, Azure, Oracle and most others
    "169.254.170.2/32",  # ECS
    "169.254.170.23/32",  # EKS
    "fd00:ec2::/32",  # AWS
    "fd20:ce::254/128",  # Google
    "fd00:42::42/128",  # Scaleway
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure
    "192.0.0.192/32",  # Oracle
)
_NEVER: Final = (
    (_METADATA, "it is a metadata service of the cloud, which hands out credentials"),
    (("169.254.0.0/16", "fe80::/10"), "it is link-local"),
    (("0.0.0.0/8", "::/128"), "it is no address that can be connected to"),
    (("224.0.0.0/4", "ff00::/8"), "it is a multicast address"),
    (("240.0.0.0/4",), "it is a reserved or a broadcast address"),
    (("198.18.0.0/15",), "the engine uses such addresses itself"),
)


def why_never(network: Network) -> str | None:
    """Why no address of a network is ever reached; None where one may be."""
    return next((reason for known, reason in _networks() if is_within(network, known)), None)


def is_within(network: Network, known: Network) -> bool:
    """Whether every address of one network is one of the other's, which may be of another kind of IP."""
    if isinstance(network, IPv4Network):
        return isinstance(known, IPv4Network) and network.subnet_of(known)
    return isinstance(known, IPv6Network) and network.subnet_of(known)


@cache
def _networks() -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(text), reason) for texts, reason in _NEVER for text in texts)
