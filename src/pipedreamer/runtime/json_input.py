"""JSON from outside, read so that nothing is changed in silence."""

import json
import re
from typing import Any

import orjson

_LONG = re.compile(rb"[0-9]{19}")


def parse_json(text: bytes) -> Any:
    """The value of a JSON text; raises ValueError for what is none, and for whole numbers beyond 64 bits.

    orjson makes floating-point numbers of those, and so would every language without big integers.
    """
    value = orjson.loads(text)
    if _LONG.search(text):
        try:
            json.loads(text, parse_int=_in_range)
        except RecursionError as error:
            raise ValueError("it nests too deep for its long numbers to be checked") from error
    return value


def _in_range(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
        raise ValueError(f"the number {digits[:40]} is beyond 64 bits; send it as text")
    return int(digits)
