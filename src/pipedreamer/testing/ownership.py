"""Which node a fixture belongs to, told by its file's name."""

import re
from collections.abc import Iterable
from typing import Final

from pipedreamer.spec.nearest import Names

PIPELINE: Final = "pipeline"
"""Fixtures of the whole workflow begin with this word, unless a node has it as its id."""
_LISTED: Final = 10


def owner_of(file_name: str, node_ids: Iterable[str]) -> str | None:
    """The longest id that is the name, or the name up to a `.`, `-` or `_`; None where there is none."""
    stem = file_name.removesuffix(".json")
    ids = set(node_ids) | {PIPELINE}
    return max((beginning for beginning in _beginnings(stem) if beginning in ids), key=len, default=None)


def orphan_message(file_name: str, node_ids: Iterable[str]) -> str:
    """Why a fixture belongs to no node, and which one is probably meant."""
    ids = sorted(node_ids)
    names = Names(ids)
    stem = file_name.removesuffix(".json")
    near = next(filter(None, map(names.hint, reversed(_beginnings(stem)))), "")
    more = ", ..." if len(ids) > _LISTED else ""
    remedy = near or f"the nodes are {', '.join(ids[:_LISTED])}{more}"
    return f'belongs to no node: its name is not a node\'s id, alone or before a ".", "-" or "_" ({remedy})'


def _beginnings(stem: str) -> list[str]:
    """The name up to each separator, and the whole: `a-b.c` gives `a`, `a-b`, `a-b.c`."""
    return [stem[: found.start()] for found in re.finditer(r"[._-]|$", stem)]
