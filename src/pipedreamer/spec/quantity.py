"""Amounts as Kubernetes writes them: `256Mi`, `0.5`, `100m`."""

import math
import re
from fractions import Fraction
from typing import Final

from pipedreamer.spec.findings import Fault

QUANTITY: Final = re.compile(r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")
QUANTITY_RULE: Final = "must be a quantity"

MEMORY_PATTERN: Final = r"^[0-9]+(\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$"
LEAST_MEMORY: Final = 32 * 1024**2
MOST_MEMORY: Final = 64 * 1024**4

_BINARY: Final = {"Ti": 1024**4, "Gi": 1024**3, "Mi": 1024**2, "Ki": 1024}
_UNITS: Final = {**_BINARY, "T": 1000**4, "G": 1000**3, "M": 1000**2, "k": 1000, "": 1}
_MEMORY: Final = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([A-Za-z]*)", re.ASCII)
# `m` would be thousandths of a byte, which nobody means.
_MEANT: Final = {"k": "Ki", "m": "Mi", "g": "Gi", "t": "Ti", "b": ""}
_EXAMPLE: Final = "for example 256Mi"


def memory(text: str) -> int | Fault:
    """A quantity of memory in bytes, a part of a byte rounded up as Kubernetes does, or what is wrong with it."""
    found = _MEMORY.fullmatch(text)
    if found is None:
        return Fault("is not an amount of memory", _EXAMPLE)
    number, unit = found.groups()
    if unit not in _UNITS or text != number + unit:
        return _wrong_unit(number, unit)
    size = math.ceil(Fraction(number) * _UNITS[unit])
    if size < LEAST_MEMORY:
        meant = f"write {number}Mi" if not unit and LEAST_MEMORY <= Fraction(number) * 1024**2 <= 1024**3 else _EXAMPLE
        return Fault(f"is less than {memory_text(LEAST_MEMORY)}, which Python alone takes", meant)
    if size > MOST_MEMORY:
        return Fault(f"is more than {memory_text(MOST_MEMORY)}", _EXAMPLE)
    return size


def memory_text(size: int) -> str:
    """Bytes as the shortest quantity that says exactly the same: `256Mi`."""
    unit = next((unit for unit, factor in _UNITS.items() if size % factor == 0), "")
    return f"{size // _UNITS[unit]}{unit}"


def _wrong_unit(number: str, unit: str) -> Fault:
    lower = unit.lower()
    meant = _MEANT.get(lower, unit)
    if len(lower) > 1 and lower.endswith("b"):  # MB, MiB
        meant = lower[:-1].capitalize().replace("K", "k").replace("ki", "Ki")
    elif len(lower) == 2 and lower.endswith("i"):
        meant = lower.capitalize()
    remedy = f"write {number}{meant}" if meant in _UNITS else _EXAMPLE
    if unit == "m":
        return Fault("is in thousandths of a byte", remedy)
    return Fault("is not an amount of memory: the units are Ki, Mi, Gi, Ti, k, M, G and T", remedy)
