"""Names of hosts in their one spelling, and which texts are IPv4 addresses however they are spelled."""

import re
from ipaddress import IPv4Address
from typing import Final

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME: Final = 253  # RFC 1035, section 2.3.4, without the dot at the end


def host_name(text: str) -> str | None:
    """The name in lower case, in ASCII (IDNA 2008) and without a dot at its end; None where it is no host's name."""
    name = text.lower().removesuffix(".")
    if not name.isascii():
        import idna  # only few names need it

        try:
            name = idna.encode(name).decode()
        except idna.IDNAError:
            return None
    # IDNA knows other dots, so an address may come to light only now.
    if len(name) > _LONGEST_NAME or is_numeric(name) or not all(map(_LABEL.fullmatch, name.split("."))):
        return None
    return name


def is_numeric(text: str) -> bool:
    """Whether every program takes this for an IPv4 address or refuses it: its last part is a number."""
    return _NUMBER.fullmatch(text.lower().removesuffix(".").rpartition(".")[2]) is not None


def ipv4_of(text: str) -> IPv4Address | None:
    """The address that browsers and C libraries read: `010.1`, `0x7f.1` and `2130706433` are addresses too.

    By https://url.spec.whatwg.org/#concept-ipv4-parser; None where it is none.
    """
    parts = text.lower().removesuffix(".").split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)) or len(text) > _LONGEST_NAME:
        return None
    numbers = [_number(part) for part in parts]
    if None in numbers:
        return None
    *front, rest = (number or 0 for number in numbers)
    if any(number > 255 for number in front) or rest >= 256 ** (5 - len(parts)):
        return None
    return IPv4Address(sum(number << 24 - 8 * place for place, number in enumerate(front)) + rest)


def _number(text: str) -> int | None:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    is_octal = len(text) > 1 and text.startswith("0")
    try:
        return int(text, 8 if is_octal else 10)
    except ValueError:  # 08
        return None
