"""States in words and signs, so that none is told by its colour alone; `static/states.js` has the same."""

from typing import Final

STATES: Final[dict[str, tuple[str, str]]] = {
    "accepted": ("accepted", "clock"),
    "waiting": ("waiting", "clock"),
    "running": ("running", "play"),
    "succeeded": ("succeeded", "check"),
    "ok": ("succeeded", "check"),
    "failed": ("failed", "cross"),
    "retry": ("failed, tried again", "again"),
    "cancelled": ("cancelled", "stop"),
    "interrupted": ("interrupted", "bolt"),
    "skipped": ("skipped", "skip"),
}
"""The word and the name of the sign of every state of runs, nodes and attempts."""

FILTERED: Final = ("accepted", "running", "succeeded", "failed", "cancelled", "interrupted")
LIVE: Final = frozenset({"accepted", "running"})
