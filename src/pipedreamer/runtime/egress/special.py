"""Addresses that are not like any other: those that nodes never reach, private ones, and IPv4 hidden in IPv6.

The table follows IANA's registries of special-purpose addresses (RFC 6890).
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

from pipedreamer.runtime.egress.spelling import Address
from pipedreamer.spec.networks import why_never

MAPPED: Final = IPv4Network("198.18.0.0/15")
"""For tests of devices (RFC 2544), so nobody's real address: in a worker these stand for names."""

_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
"""Where in these the IPv4 address stands is not known (RFC 8215)."""

_PRIVATE: Final = tuple(
    map(
        ip_network,
        (
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
        ),
    )
)


def seen_as(address: Address) -> tuple[Address, ...]:
    """The address and each IPv4 address that a packet sent to it may end at."""
    return (address, *_embedded(address)) if isinstance(address, IPv6Address) else (address,)


def never(address: Address) -> str | None:
    """Why no node may reach this address; None where one may."""
    if address in _LOCAL_NAT64:
        return "anything may be behind it (RFC 8215)"
    reasons = (why_never(ip_network(one)) for one in seen_as(address))
    return next((reason for reason in reasons if reason), None)


def is_private(address: Address) -> bool:
    """Whether the address is not one of the public internet."""
    return any(one in network for one in seen_as(address) for network in _PRIVATE)


_NAT64, _SIX_TO_FOUR, _TEREDO = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("2001::/32")
_COMPATIBLE, _TRANSLATED = IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
_LOW: Final = 0xFFFFFFFF


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    is_compatible = address in _COMPATIBLE and number > 1  # the others are :: and ::1
    if is_compatible or address in _NAT64 or address in _TRANSLATED or number >> 32 & _LOW in _ISATAP:
        yield IPv4Address(number & _LOW)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & _LOW)
    if address in _TEREDO:
        yield IPv4Address(number >> 64 & _LOW)
        yield IPv4Address(~number & _LOW)
