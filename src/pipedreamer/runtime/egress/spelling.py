"""The one reading of a host, however it is spelled, so that what is checked is what is connected to."""

from ipaddress import IPv4Address, IPv6Address
from typing import Final

from pipedreamer.spec.host_names import host_name, ipv4_of, is_numeric

Address = IPv4Address | IPv6Address

_LONGEST: Final = 255


def spelled(host: str) -> Address | str:
    """The address that a host spells, or its name in lower case, ASCII and without a dot at the end.

    Numbers are read as browsers and C libraries do: `127.1`, `0x7f000001` and `2130706433` are 127.0.0.1. An IPv6
    address may stand in brackets; one that holds an IPv4 address (`::ffff:127.0.0.1`) is that address. Raises
    ValueError for a zone (`fe80::1%eth0`) and for what is no host.
    """
    if ":" in host:
        return address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    found: Address | str | None = None
    if len(host) <= _LONGEST:
        found = ipv4_of(host) if is_numeric(host) else host_name(host)
    if found is None:
        raise ValueError("not a host")
    return found


def address(text: str) -> Address:
    """An IP address in its usual spelling; raises ValueError, for one with a zone too."""
    if ":" not in text:
        return IPv4Address(text)
    found = IPv6Address(text)
    if found.scope_id is not None:
        raise ValueError("an address with a zone")
    return found.ipv4_mapped or found
