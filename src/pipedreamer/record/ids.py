"""Run ids as they are stored: 16 bytes that sort by the time a run was accepted."""

import re
from typing import Final

from pipedreamer.errors import RecordError
from pipedreamer.record.query import Query

LOWEST: Final = bytes(16)
HIGHEST: Final = b"\xff" * 16
_LENGTH: Final = 32
_LAST_MS: Final = (1 << 48) - 1
_PREFIX: Final = re.compile(r"[0-9a-f]{8,32}")


def stored(run_id: str) -> bytes | None:
    """An id as it is stored, or None for what is none."""
    try:
        packed = bytes.fromhex(run_id)
    except ValueError:
        return None
    return packed if len(run_id) == _LENGTH and len(packed) * 2 == _LENGTH else None


def id_prefix(text: str) -> str | None:
    """The text in lowercase where it is how an id begins, or None."""
    lowered = text.strip().lower()
    return lowered if _PREFIX.fullmatch(lowered) else None


def bounds(query: Query) -> tuple[bytes, bytes]:
    """The ids that a query's times, prefix and cursor leave: from the first, up to the second and without it."""
    low, high = LOWEST, HIGHEST
    if query.since is not None:
        low = max(low, _at(query.since))
    if query.until is not None:
        high = min(high, _at(query.until))
    if prefix := id_prefix(query.text):
        low = max(low, bytes.fromhex(prefix.ljust(32, "0")))
        high = min(high, _after(bytes.fromhex(prefix.ljust(32, "f"))))
    if query.before is not None:
        cursor = stored(query.before)
        if cursor is None:
            raise RecordError(f"{query.before[:64]!r} is no place in a list of runs: it must be a page's `next`")
        high = min(high, cursor)
    return low, high


def _at(ms: int) -> bytes:
    return min(max(ms, 0), _LAST_MS).to_bytes(6, "big") + bytes(10)


def _after(run_id: bytes) -> bytes:
    return min(int.from_bytes(run_id, "big") + 1, (1 << 128) - 1).to_bytes(16, "big")
