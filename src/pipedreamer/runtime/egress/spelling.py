"""The one reading of a host, however it is spelled, so that what is checked is what is connected to."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

Address = IPv4Address | IPv6Address

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME: Final = 253


def spelled(host: str) -> Address | str:
    """The address that a host spells, or its name in lower case, ASCII and without a dot at the end.

    Numbers are read as browsers do (https://url.spec.whatwg.org/#concept-ipv4-parser): `127.1`, `0x7f000001`,
    `017700000001` and `2130706433` are 127.0.0.1. An IPv6 address may stand in brackets; one that holds an IPv4 address
    (`::ffff:127.0.0.1`) is that address. Raises ValueError for a zone (`fe80::1%eth0`) and for what is no host.
    """
    if len(host) > _LONGEST_NAME + 1:
        raise ValueError("not a host")
    if ":" in host:
        return address(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    name = _ascii(host).lower().removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _numeric(labels)
    if len(name) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("not a host")
    return name


def address(text: str) -> Address:
    """An IP address in its usual spelling; raises ValueError, for one with a zone too."""
    if ":" not in text:
        return IPv4Address(text)
    found = IPv6Address(text)
    if found.scope_id is not None:
        raise ValueError("an address with a zone")
    return found.ipv4_mapped or found


def _numeric(labels: list[str]) -> IPv4Address:
    if len(labels) > 4 or not all(map(_NUMBER.fullmatch, labels)):
        raise ValueError("not an address")
    *bytes_in_front, rest = map(_number, labels)
    if any(number > 255 for number in bytes_in_front) or rest >= 256 ** (5 - len(labels)):
        raise ValueError("not an address")
    return IPv4Address(sum(number << 24 - 8 * place for place, number in enumerate(bytes_in_front)) + rest)


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    import idna  # only few names need it

    try:
        return idna.encode(host.lower()).decode()
    except idna.IDNAError as error:
        raise ValueError("not a host") from error
