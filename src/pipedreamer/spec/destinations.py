"""Entries of `permissions.net`: text -> a `Destination` in its canonical spelling, or what is wrong with it."""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from pipedreamer.spec.findings import Fault
from pipedreamer.spec.host_names import host_name, ipv4_of, is_numeric
from pipedreamer.spec.networks import Network, why_never
from pipedreamer.spec.permissions import Destination

DEFAULT_PORT: Final = 443

_EXAMPLE: Final = "for example api.github.com:443"
_WORDS: Final = {"any": "any", "all": "any", "*": "any", "none": "none"}
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "nats": 4222, "postgres": 5432, "postgresql": 5432}
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?:[^/?#]*@)?([^/?#]*)")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def destination(text: str) -> Destination | Fault:
    """`host`, `host:port`, `*.suffix`, an address or a network, with a port or without (443)."""
    if word := _WORDS.get(text.lower()):
        return Fault("is not a host", f"write net: {word}, without a list")
    if "://" in text:
        return _of_url(text)
    if not text or not text.isprintable() or " " in text or "@" in text:
        return Fault("is not a host", _EXAMPLE)
    if text.isascii() and text.isdecimal() and int(text[:6]) < 65536:
        return Fault("is a port without a host", _EXAMPLE)
    parts = _split(text)
    if isinstance(parts, Fault):
        return parts
    host, port_text = parts
    port = DEFAULT_PORT if port_text is None else _port(port_text, host)
    return port if isinstance(port, Fault) else _canonical(host, port)


def _split(text: str) -> tuple[str, str | None] | Fault:
    """The host (of an address in brackets what is inside) and the port's text, None where there is no port."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host or (rest and not rest.startswith(":")):
            return Fault("is not a host", "brackets are for IPv6, for example [2001:db8::1]:443")
        return host, rest[1:] if rest else None
    head, slash, tail = text.partition("/")
    if slash and not (":" in head.partition(":")[2] or is_numeric(head)):
        return Fault("names a path; only whole hosts can be named", f"write {head}" if head else _EXAMPLE)
    if slash:
        length, colon, port = tail.partition(":")
        return f"{head}/{length}", port if colon else None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _port(text: str, host: str) -> int | Fault:
    shown = f"[{host}]" if ":" in host else host
    digits = text.lstrip("0") if text.isascii() and text.isdecimal() else ""
    number = int(digits[:6] or "0")
    if not 0 < number < 65536:
        remedy = f"name each port, for example {shown}:443" if text else f"write {shown}:{DEFAULT_PORT}"
        return Fault("has no port from 1 to 65535", remedy)
    return number if digits == text else Fault("has a port that begins with 0", f"write {shown}:{number}")


def _canonical(host: str, port: int) -> Destination | Fault:
    if "/" in host:
        return _network(host, port)
    if ":" in host:
        return _ipv6(host, port)
    return _numbers(host, port) if is_numeric(host) and "*" not in host else _name(host, port)


def _name(text: str, port: int) -> Destination | Fault:
    star = "*." if text.startswith("*.") else ""
    name = text.removeprefix(star)
    if "*" in name:
        return Fault("has a * that is not the whole first part", "for example *.example.com:443")
    if star and is_numeric(name):
        return Fault("has a * before an address", "write a network, for example 10.0.0.0/8:443")
    found = host_name(name)
    if found is None:
        return Fault("is not a host", _EXAMPLE)
    if star and "." not in found:
        return Fault(
            "covers a whole top-level domain", f"name at least two parts after *., for example *.example.{found}"
        )
    return Destination(star + found, port)


def _numbers(text: str, port: int) -> Destination | Fault:
    address = ipv4_of(text)
    if address is None:
        return Fault("is not an IPv4 address", "four numbers from 0 to 255, for example 10.0.0.1:5432")
    if str(address) != text.removesuffix("."):
        return Fault(f"is another spelling of {address}", f"write {Destination(str(address), port)} if that is meant")
    return _reachable(ip_network(address), Destination(str(address), port))


def _ipv6(text: str, port: int) -> Destination | Fault:
    bare, zone, _ = text.partition("%")
    try:
        address = ip_address(bare)
    except ValueError:
        return Fault("is not an IPv6 address", "for example [2001:db8::1]:443")
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        right = Destination(str(address.ipv4_mapped), port)
        return Fault(f"is another spelling of {right.host}", f"write {right}")
    found = _reachable(ip_network(address), Destination(str(address), port))
    if zone and not isinstance(found, Fault):
        return Fault("has a zone, which only link-local addresses have", f"write {found}")
    return found


def _network(text: str, port: int) -> Destination | Fault:
    bare, _, length = text.partition("/")
    if ":" not in bare and (address := ipv4_of(bare)) and str(address) != bare:
        return Fault(f"has another spelling of {address}", f"write {address}/{length}:{port} if that is meant")
    try:
        network = ip_network(text if length.isascii() and length.isdecimal() else "", strict=False)
    except ValueError:
        return Fault("is not a network", "for example 10.0.0.0/8:5432 or [2001:db8::/32]:443")
    right = Destination(str(network), port)
    if network.network_address != ip_address(bare):
        one = Destination(str(ip_address(bare)), port)
        return Fault(f"names an address inside {network}", f"write {right} for all of it, or {one}")
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        start = int(network.network_address) - int(_MAPPED.network_address)
        meant = IPv4Network((start, network.prefixlen - _MAPPED.prefixlen))
        return Fault(f"is another spelling of {meant}", f"write {Destination(str(meant), port)}")
    return _reachable(network, right)


def _reachable(network: Network, found: Destination) -> Destination | Fault:
    reason = why_never(network)
    return found if reason is None else Fault(f"can never be reached: {reason}", "remove it")


def _of_url(text: str) -> Fault:
    url = _URL.match(text)
    scheme, host = (url[1].lower(), url[2]) if url else ("", "")
    has_port = re.search(r":[0-9]+$", host) or scheme not in _PORTS
    found = destination(host if has_port else f"{host}:{_PORTS[scheme]}")
    return Fault("is a URL, and hosts are named here", f"write {found}" if isinstance(found, Destination) else _EXAMPLE)
