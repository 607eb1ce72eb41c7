"""The texts under which a secret can come to light: as it is, JSON-, URL- or base64-encoded."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 6
"""Values under this many characters are not masked: they would take ordinary words with them."""

_PEM_FRAME = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----")
_URL_SAFE_SETS: Final = (
    "",  # one value of a query
    "/",  # urllib's path
    "!*'()",  # JavaScript's encodeURIComponent
    "!*'();/?:@&=+$,#",  # JavaScript's encodeURI
)


def values(secrets: Any) -> Iterator[str]:
    """Every text and whole number of a tree of secrets that is long enough to mask; names are not secret."""
    for _, value in leaves(secrets):
        yield value


def leaves(secrets: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The same with the way to each; the lines of a text are numbered, from its second piece on."""
    if isinstance(secrets, Mapping):
        for name, value in secrets.items():
            yield from leaves(value, (*path, str(name)))
    elif isinstance(secrets, list | tuple):
        for index, value in enumerate(secrets):
            yield from leaves(value, (*path, str(index)))
    elif isinstance(secrets, str):
        for index, piece in enumerate(_pieces(secrets)):
            yield ((*path, f"line {index}") if index else path), piece
    elif isinstance(secrets, int) and not isinstance(secrets, bool) and len(str(secrets)) >= SHORTEST:
        yield path, str(secrets)


def forms(value: str) -> frozenset[str]:
    """Every text that gives `value` away.

    JSON (with and without `\\u` escapes, also twice), Python's `repr`, percent-encoding as the common libraries write
    it, base64 in both alphabets, also where the value stands somewhere inside the encoded text.
    """
    return frozenset(text for text in forms_in_order(value) if len(text) >= SHORTEST)


def forms_in_order(value: str) -> Iterator[str]:
    """The same with those that are too short or alike: the same form of every value has the same number."""
    yield from (value, repr(value)[1:-1], *_json_forms(value), *_url_forms(value))
    for text in _base64_forms(value):
        yield from (text, quote(text, safe=""))


def _pieces(value: str) -> Iterator[str]:
    """The value, the value trimmed, and each of its lines; the frame of a PEM file is no secret."""
    lines = [line.strip() for line in value.splitlines()]
    for piece in dict.fromkeys((value, value.strip(), *lines)):
        if len(piece) >= SHORTEST and piece.strip() and not _PEM_FRAME.fullmatch(piece):
            yield piece


def _json_forms(value: str) -> Iterator[str]:
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    ascii_only = json.dumps(value)[1:-1]
    yield from (plain, ascii_only, plain.replace("/", "\\/"), ascii_only.replace("/", "\\/"))
    yield re.sub(r"\\u([0-9a-f]{4})", lambda match: "\\u" + match[1].upper(), ascii_only)
    yield json.dumps(plain, ensure_ascii=False)[1:-1]
    yield json.dumps(ascii_only)[1:-1]


def _url_forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    for safe in _URL_SAFE_SETS:
        for text in (quote(data, safe=safe), quote_plus(data, safe=safe)):
            yield text
            yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)


def _base64_forms(value: str) -> Iterator[str]:
    """The whole encoding, and what of it stays the same inside a longer text, at each place in a group of three."""
    data = value.encode("utf-8", "surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(data).decode()
        yield whole
        yield whole.rstrip("=")
        for before in range(3):
            text = encode(bytes(before) + data).decode()
            yield text[_ceil_div(before * 8, 6) : (before + len(data)) * 8 // 6]


def _ceil_div(number: int, divisor: int) -> int:
    return -(-number // divisor)
