"""What was observed, as a block to paste into workflow.yaml and as data."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pipedreamer.runtime.observing import Reason
from pipedreamer.spec import Permissions
from pipedreamer.spec.quantity import memory_text

ReasonOf = Callable[[Any, str], Reason]

_LISTS: Final = ("net", "read", "write", "env", "secrets", "inject")
_ALWAYS: Final = ("net", "secrets")
"""Lines that say something where they are empty: that nothing is reached, and that no secret is shown."""
_PLAIN: Final = re.compile(r"[A-Za-z/_][A-Za-z0-9/_.-]*(:[0-9]+)?|[0-9.]+:[0-9]+")
_WORDS: Final = frozenset("y n yes no on off true false null any none".split())  # noqa: SIM905 - a table
_SHOWN_NODES: Final = 3
_WIDEST: Final = 40


def block_text(block: Permissions, reason_of: ReasonOf, most: int) -> str:
    """`permissions:` and its lines, each entry with a comment on who asked; `most` is the memory seen, in bytes."""
    rows = list(_rows(block, reason_of, most))
    width = min(_WIDEST, max(len(text) for text, comment in rows if comment))
    return "\n".join(f"{text:{width}}  # {comment}" if comment else text for text, comment in rows)


def _rows(block: Permissions, reason_of: ReasonOf, most: int) -> Iterator[tuple[str, str]]:
    yield "permissions:", ""
    for line in _LISTS:
        if line == "secrets":
            yield f"  memory: {memory_text(block.memory)}", f"the most that was seen: {-(-most // 1024**2)}Mi"
        entries = entries_of(block, line)
        if entries:
            yield f"  {line}:", ""
            yield from ((f"    - {_scalar(one)}", comment(reason_of(line, one))) for one in entries)
        elif line in _ALWAYS:
            yield f"  {line}: {'none' if line == 'net' else '[]'}", ""


def entries_of(block: Permissions, line: str) -> list[str]:
    """The entries of one line of a block."""
    return [str(one) for one in getattr(block, line) or ()]


def comment(reason: Reason) -> str:
    """`fetch, store (nodes/fetch.py:12): was refused while observing`."""
    more = len(reason.nodes) - _SHOWN_NODES
    who = ", ".join(reason.nodes[:_SHOWN_NODES]) + (f" and {more} more" if more > 0 else "")
    place = f" ({reason.place})" if reason.place else ""
    return f"{who}{place}" + (f": {reason.how}" if reason.how else "")


def block_data(block: Permissions) -> dict[str, Any]:
    """The block as the YAML has it."""
    lists = {line: entries_of(block, line) for line in _LISTS}
    return {**lists, "net": lists["net"] or "none", "memory": memory_text(block.memory)}


def seen_data(block: Permissions, reason_of: ReasonOf) -> list[dict[str, Any]]:
    """Why each entry is there."""
    return [
        {"line": line, "entry": one, "nodes": reason.nodes, "place": reason.place, "note": reason.how}
        for line in _LISTS
        for one in entries_of(block, line)
        for reason in (reason_of(line, one),)
    ]


def as_comments(paragraphs: Iterable[str]) -> str:
    return "\n".join(f"# {line}" if line else "#" for paragraph in paragraphs for line in paragraph.split("\n"))


def _scalar(text: str) -> str:
    """As YAML reads it back."""
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)
