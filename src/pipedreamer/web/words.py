"""Durations, times and sizes as people say them; `static/words.js` says them in the same way."""

from datetime import UTC, datetime
from typing import Final

_SECOND: Final = 1000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def duration(ms: float | None) -> str:
    """`340 ms`, `2.4 s`, `34 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`; "" for None."""
    if ms is None:
        return ""
    if ms < _SECOND:
        return f"{max(0, round(ms))} ms"
    if ms < 10 * _SECOND:
        return f"{ms / _SECOND:.1f} s"
    if ms < _MINUTE:
        return f"{int(ms // _SECOND)} s"
    for unit, name, part, part_name in ((_HOUR, "min", _SECOND, "s"), (_DAY, "h", _MINUTE, "min")):
        if ms < unit:
            whole = _MINUTE if name == "min" else _HOUR
            return _two(int(ms), whole, name, part, part_name)
    return _two(int(ms), _DAY, "d", _HOUR, "h")


def _two(ms: int, whole: int, name: str, part: int, part_name: str) -> str:
    rest = ms % whole // part
    return f"{ms // whole:,} {name}" + (f" {rest} {part_name}" if rest else "")


def ago(ms: int, now: int) -> str:
    """`just now`, `40 s ago`, `5 min ago`, `3 h ago`, and the day for what is older."""
    passed = now - ms
    if passed < 5 * _SECOND:
        return "just now"
    for limit, unit, name in ((_MINUTE, _SECOND, "s"), (_HOUR, _MINUTE, "min"), (_DAY, _HOUR, "h")):
        if passed < limit:
            return f"{passed // unit} {name} ago"
    return exact(ms)[:10]


def exact(ms: int) -> str:
    """`2026-01-01 00:00:00.123 UTC`; what is no time of this calendar, as its number."""
    try:
        moment = datetime.fromtimestamp(ms / _SECOND, UTC)
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ms % _SECOND:03d} UTC"


def size(count: int) -> str:
    """`512 B`, `3.4 KB`, `10 MB`, in units of 1024."""
    if count < 1024:
        return f"{count} B"
    value = float(count)
    for unit in ("KB", "MB", "GB"):
        value /= 1024
        if value < 1024 or unit == "GB":
            break
    return f"{value:.1f} {unit}" if value < 10 and value % 1 >= 0.05 else f"{value:.0f} {unit}"
