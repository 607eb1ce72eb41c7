"""Durations as people write them: `30s`, `5m`, `1h30m`, `1500ms`."""

import re
from decimal import Decimal
from typing import Final

from pipedreamer.spec.findings import Fault
from pipedreamer.spec.wording import shown

LONGEST_MS: Final = 2**31 - 1
"""24 days and a bit: the longest that a JavaScript timer can wait."""

PATTERN: Final = r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"

_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_WHOLE: Final = re.compile(PATTERN)
_LONGEST_TEXT: Final = 40
_NEARLY: Final = re.compile(r"\s*([0-9]{1,12})\s*([a-zA-Z]*)\s*")


def parse_duration(text: str) -> int:
    """The whole milliseconds of a duration: numbers with units (ms, s, m, h, d), added up.

    Raises `ValueError`, saying what would be right, for anything else, for 0, and past 24 days.
    """
    measured = measure(text)
    if isinstance(measured, Fault):
        raise ValueError(  # noqa: TRY004 - the text is wrong, not its type
            f"{shown(text)} {measured.message} ({measured.suggestion})"
        )
    return measured


def measure(text: str) -> int | Fault:
    """`parse_duration` with the fault returned."""
    if len(text) > _LONGEST_TEXT or not _WHOLE.fullmatch(text):
        return Fault("is not a duration", _right_form(text))
    total = sum((Decimal(number) * _UNITS[unit] for number, unit in _PART.findall(text)), Decimal(0))
    if not total:
        return Fault("is no time at all", "for example 30s")
    if total != int(total):
        return Fault("is not a whole number of milliseconds", f"for example {int(total) or 1}ms")
    if total > LONGEST_MS:
        return Fault("is longer than 24 days", "for example 24d")
    return int(total)


def _right_form(text: str) -> str:
    """`30` -> `30s`, `5 min` -> `5m`, `30000` -> `30000ms`."""
    example = "write a number and a unit: ms, s, m, h or d, for example 30s"
    nearly = _NEARLY.fullmatch(text)
    if nearly is None or not int(nearly[1]):
        return example
    number, word = nearly[1], nearly[2].lower()
    if not word:
        return f"write {number}s for seconds" if int(number) < 1000 else f"write {number}ms for milliseconds"
    unit = "ms" if word.startswith("mil") or word == "ms" else word[0]
    return f"write {number}{unit}" if unit in _UNITS else example
