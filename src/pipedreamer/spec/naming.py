"""What names and versions look like, and the right form of one that does not."""

import re
import unicodedata
from typing import Final

NAME: Final = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
NAME_RULE: Final = "must be lowercase letters, digits and single dashes, beginning with a letter"
ID: Final = re.compile(r"^[a-z][a-z0-9_-]*$")
ID_RULE: Final = "must be lowercase letters, digits, dashes and underscores, beginning with a letter"
VERSION: Final = re.compile(r"^[0-9]+\.[0-9]+$")
VERSION_RULE: Final = "must be MAJOR.MINOR"

NAME_LIMIT: Final = 40
"""A CronJob's name has 52 characters, and `-cron-<i>` comes after the workflow's."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHERS: Final = re.compile(r"[^a-z0-9]+")
_OTHERS_OF_ID: Final = re.compile(r"[^a-z0-9_-]+")
_NUMBERS: Final = re.compile(r"([0-9]+)(?:\.([0-9]+))?")
_READ: Final = 200  # of a longer text only the beginning is made into a name


def right_name(text: str) -> str:
    """`My Flow` -> `my-flow`."""
    return _lettered(_OTHERS.sub("-", _plain(text)).strip("-"), "my-flow")


def right_id(text: str) -> str:
    """`fetchData` -> `fetch-data`, `1_st` -> `n1_st`."""
    return _lettered(_OTHERS_OF_ID.sub("-", _plain(text)).strip("-_"), "my-node")


def right_version(text: str) -> str:
    """`v1.2.3` -> `1.2`, `2` -> `2.0`."""
    found = _NUMBERS.search(text[:_READ])
    return f"{found[1]}.{found[2] or 0}" if found else "1.0"


def _plain(text: str) -> str:
    """Lowercase ASCII, accents dropped, a dash at each hump of camelCase."""
    ascii_text = unicodedata.normalize("NFKD", text[:_READ]).encode("ascii", "ignore").decode()
    return _HUMP.sub("-", ascii_text.strip()).lower()


def _lettered(name: str, otherwise: str) -> str:
    if not name:
        return otherwise
    return name if name[0].isalpha() else f"n{name}"
