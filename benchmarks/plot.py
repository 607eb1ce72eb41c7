"""The runs a second of every system as an SVG that suits a light page and a dark one."""

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from benchmarks.report import number
from benchmarks.results import CEILING, OURS, Results

_GOAL = 0.75
_EDGE, _TOP, _BOTTOM = 16, 96, 44
_LEFT, _PLOT, _NUMBERS = 176, 540, 76
_BAR, _GAP, _ROW = 13, 3, 45

_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2933; }
.title { font-size: 16px; font-weight: 600; }
.quiet { fill: #5f6c7b; font-size: 12px; }
.grid { stroke: #d9dee4; }
.goal { stroke: #b4530a; stroke-width: 1.5; stroke-dasharray: 5 4; }
.goal-text { fill: #b4530a; font-size: 12px; }
.ours { fill: #0b7a75; } .ours.one { fill: #93c4c1; }
.top { fill: #5f6c7b; } .top.one { fill: #bac1ca; }
.other { fill: #8695ad; } .other.one { fill: #cbd2de; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6eaef; }
  .quiet { fill: #9aa7b5; }
  .grid { stroke: #37414d; }
  .goal { stroke: #f0a35e; }
  .goal-text { fill: #f0a35e; }
  .ours { fill: #2bb5a8; } .ours.one { fill: #1c5f5b; }
  .top { fill: #a3aebb; } .top.one { fill: #4c5560; }
  .other { fill: #7584a0; } .other.one { fill: #3b4558; }
}
"""


def svg(results: Results) -> str:
    """Bars on a logarithmic scale, one for 16 runs at once and a pale one for one at a time, with the goal's line."""
    systems = [*dict.fromkeys(load.system for load in results.loads)]
    floor = _TOP + len(systems) * _ROW
    scale = _Scale([load.runs_per_second for load in results.loads])
    parts = [*_heading(), *_grid(scale, floor), *_goal(results, scale, floor)]
    for index, system in enumerate(systems):
        parts += _row(results, system, scale, _TOP + index * _ROW)
    width, height = _EDGE + _LEFT + _PLOT + _NUMBERS + _EDGE, floor + _BOTTOM
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "\n".join([f'{head} role="img">', f"<style>{_STYLE}</style>", *parts, "</svg>"]) + "\n"


class _Scale:
    """A number's place from left to right; the scale begins at a power of ten."""

    def __init__(self, values: list[float]) -> None:
        self._low = math.floor(math.log10(min(values)) - 0.05)
        self._high = math.log10(max(values)) + 0.05

    def x(self, value: float) -> float:
        return _EDGE + _LEFT + _PLOT * (math.log10(value) - self._low) / (self._high - self._low)

    def lines(self) -> list[float]:
        return [10.0**power for power in range(self._low, math.floor(self._high) + 1)]


def _heading() -> Iterator[str]:
    yield _text(_EDGE, 30, "Finished runs a second", "title")
    yield _text(_EDGE, 50, "word-counter, three nodes; logarithmic: each line is ten times the one before", "quiet")
    for x, kind, label in ((_EDGE, "ours", "16 at once"), (_EDGE + 110, "ours one", "one at a time")):
        yield f'<rect class="{kind}" x="{x}" y="62" width="13" height="13" rx="2"/>'
        yield _text(x + 19, 73, label, "quiet")


def _grid(scale: _Scale, floor: int) -> Iterator[str]:
    for value in scale.lines():
        yield _line(scale.x(value), _TOP - 8, floor, "grid")
        yield _text(scale.x(value), floor + 18, f"{value:,g}", "quiet", "middle")


def _goal(results: Results, scale: _Scale, floor: int) -> Iterator[str]:
    top = results.load(CEILING, 16)
    if top:
        x = scale.x(top.runs_per_second * _GOAL)
        yield _line(x, _TOP - 16, floor, "goal")
        yield _text(x, _TOP - 22, f"goal: {_GOAL} of the ceiling", "goal-text", "middle")


def _row(results: Results, system: str, scale: _Scale, top: int) -> Iterator[str]:
    """The system's name, its bars, and their numbers in a column of their own at the right."""
    kind = "ours" if system.startswith(OURS) else "top" if system == CEILING else "other"
    yield _text(_EDGE + _LEFT - 10, top + _BAR + 6, system, "", "end")
    for at_once, pale in ((16, ""), (1, " one")):
        load = results.load(system, at_once)
        if load:
            left, end = _EDGE + _LEFT, scale.x(load.runs_per_second)
            yield (f'<rect class="{kind}{pale}" x="{left}" y="{top}" width="{end - left:.1f}" height="{_BAR}" rx="2"/>')
            yield _text(left + _PLOT + _NUMBERS, top + _BAR - 2, number(load.runs_per_second), "quiet", "end")
        top += _BAR + _GAP


def _line(x: float, top: float, bottom: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
