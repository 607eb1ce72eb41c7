"""Addresses that are not like any other: those that nodes never reach, private ones, and IPv4 hidden in IPv6.

The tables follow IANA's registries of special-purpose addresses (RFC 6890) and what clouds publish on metadata.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from pipedreamer.runtime.egress.spelling import Address

MAPPED: Final = IPv4Network("198.18.0.0/15")
"""For tests of devices (RFC 2544), so nobody's real address: in a worker these stand for names."""

_METADATA: Final = (
    "169.254.169.254",  # AWS, Google, Azure, Oracle and most others
    "169.254.170.2",  # ECS
    "169.254.170.23",  # EKS
    "fd00:ec2::/32",  # AWS
    "fd20:ce::254",  # Google
    "fd00:42::42",  # Scaleway
    "100.100.100.200",  # Alibaba
    "168.63.129.16",  # Azure
    "192.0.0.192",  # Oracle
)


def _networks(*texts: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, texts))


_NEVER: Final = (
    (_networks(*_METADATA), "a metadata service of the cloud"),
    (_networks("169.254.0.0/16", "fe80::/10"), "a link-local address"),
    (_networks("0.0.0.0/8", "::/128"), "the unspecified address"),
    (_networks("224.0.0.0/4", "ff00::/8"), "a multicast address"),
    (_networks("240.0.0.0/4"), "a reserved or broadcast address"),
    ((MAPPED,), "an address that the engine uses itself"),
    # Anything may be behind it, and where in it the IPv4 address stands is not known.
    (_networks("64:ff9b:1::/48"), "an address of a local translator (RFC 8215)"),
)

_PRIVATE: Final = _networks(
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "100.64.0.0/10",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "::1/128",
    "fc00::/7",
    "fec0::/10",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
)


def seen_as(address: Address) -> tuple[Address, ...]:
    """The address and each IPv4 address that a packet sent to it may end at."""
    return (address, *_embedded(address)) if isinstance(address, IPv6Address) else (address,)


def never(address: Address) -> str | None:
    """What this address is, in words, where no node may reach it; else None."""
    for one in seen_as(address):
        for networks, words in _NEVER:
            if _is_in(one, networks):
                return words
    return None


def is_private(address: Address) -> bool:
    """Whether the address is not one of the public internet."""
    return any(_is_in(one, _PRIVATE) for one in seen_as(address))


def _is_in(address: Address, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address in network for network in networks)


_NAT64, _SIX_TO_FOUR, _TEREDO = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("2001::/32")
_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
_LOW: Final = 0xFFFFFFFF


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address in _NAT64 or (address in _COMPATIBLE and number > 1) or number >> 32 & _LOW in _ISATAP:
        yield IPv4Address(number & _LOW)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & _LOW)
    if address in _TEREDO:
        yield IPv4Address(number >> 64 & _LOW)
        yield IPv4Address(~number & _LOW)
