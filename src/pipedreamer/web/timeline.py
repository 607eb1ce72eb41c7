"""A run as bars over time: when each node waited and worked, and which nodes the run's duration hangs on.

For the first paint; `static/timeline.js` does the same for what is live.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Run = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a row: `x` and `width` in percent of the whole, `y` and `height` in pixels."""

    kind: str
    x: float
    width: float
    y: float = 4
    height: float = 16


@dataclass(frozen=True, slots=True)
class Row:
    """A node's row; `line` is there on the critical path, `took` is from its first attempt to its end, in ms."""

    node: Mapping[str, Any]
    bars: tuple[Bar, ...]
    line: Bar | None
    took: int | None


def rows(run: Run, parents: Mapping[str, Sequence[str]], now: int) -> list[Row]:
    """A row for each node of the run, in its order."""
    start = run["startedAt"] or run["acceptedAt"]
    end = run["endedAt"] or now
    whole = max(1, end - start)
    ends = {node["id"]: _ended(node, end) for node in run["nodes"]}
    chain = critical_path(run, parents, end)
    made = []
    for node in run["nodes"]:
        ready = max((ends[parent] or end for parent in parents.get(node["id"], ()) if parent in ends), default=start)
        bars = _bars(node, ready, start, end, whole)
        took = _took(node, end)
        begun = node["attempts"][0]["startedAt"] if took is not None else start
        line = _bar("critical", begun, begun + (took or 0), start, whole) if node["id"] in chain else None
        made.append(Row(node, tuple(bars), line, took))
    return made


def critical_path(run: Run, parents: Mapping[str, Sequence[str]], now: int) -> set[str]:
    """From the node that ended last, always the parent that ended last."""
    ends = {node["id"]: end for node in run["nodes"] if (end := _ended(node, now)) is not None}
    chain: set[str] = set()
    step = max(ends, key=lambda name: ends[name], default=None)
    while step is not None and step not in chain:
        chain.add(step)
        step = max((p for p in parents.get(step, ()) if p in ends), key=lambda name: ends[name], default=None)
    return chain


def _bars(node: Mapping[str, Any], ready: int, start: int, end: int, whole: int) -> list[Bar]:
    attempts = node["attempts"]
    bars = []
    waited = ready
    for lane, attempt in enumerate(attempts):
        begun, ended = attempt["startedAt"], attempt["endedAt"] or end
        if begun > waited:
            bars.append(_bar("wait", waited, begun, start, whole))
        bars.append(_bar(attempt["state"], begun, ended, start, whole, lane, len(attempts)))
        waited = ended
    if node["state"] == "waiting" and end > waited:
        bars.append(_bar("wait", waited, end, start, whole))
    return bars


def _bar(kind: str, begun: int, ended: int, start: int, whole: int, lane: int = 0, lanes: int = 1) -> Bar:
    height = max(6.0, 16 / min(lanes, 4))
    step = (16 - height) / max(1, min(lanes, 4) - 1)
    x = min(100.0, max(0.0, (begun - start) * 100 / whole))
    width = min(100 - x, max(0.4, (ended - begun) * 100 / whole))
    return Bar(kind, round(x, 3), round(width, 3), round(4 + min(lane, 3) * step, 2), round(height, 2))


def _ended(node: Mapping[str, Any], now: int) -> int | None:
    attempts = node["attempts"]
    return (attempts[-1]["endedAt"] or now) if attempts else None


def _took(node: Mapping[str, Any], now: int) -> int | None:
    attempts = node["attempts"]
    return (attempts[-1]["endedAt"] or now) - attempts[0]["startedAt"] if attempts else None
