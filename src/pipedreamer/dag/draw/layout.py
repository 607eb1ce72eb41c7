"""A plan laid out on paper: a box for each node, a line for each edge. Units are pixels."""

from dataclasses import dataclass

from pipedreamer.dag.draw.layering import Layers, layers_of
from pipedreamer.dag.draw.ordering import order_rows
from pipedreamer.dag.draw.placing import place_slots
from pipedreamer.dag.plan import Plan

Point = tuple[float, float]

_HEIGHT = 34.0
_COLUMN = 7.9  # one letter of the 13 px monospace font
_LETTERS = 28
_READABLE = 960.0  # the width that a screen shows without scrolling
_GAP = 24.0
_BEND = 10.0


@dataclass(frozen=True, slots=True)
class Box:
    """A node's rectangle; x and y are its top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by node id; lines as points: first, then for each row passed its two edges, then last.

    `across` tells that stages run from left to right; `rows` is along that way the middle of each stage.
    """

    width: float
    height: float
    across: bool
    boxes: dict[str, Box]
    lines: tuple[tuple[Point, ...], ...]
    rows: tuple[float, ...]


def short(text: str) -> str:
    """A label that fits a box: the middle of a long name is left out, since its end tells it from others."""
    if len(text) <= _LETTERS:
        return text
    head = (_LETTERS - 1) // 2
    return f"{text[:head]}…{text[head + 1 - _LETTERS :]}"


def lay_out(plan: Plan) -> Layout:
    """From top to bottom, or from left to right where that is too wide for a screen and the other is less wide."""
    layers = layers_of(plan)
    rows = order_rows(layers)
    widths = [_width(name) for name in layers.names]
    widest = max(widths, default=0.0)
    broadest = max((sum(_width(node_id) + _GAP for node_id in stage) for stage in plan.stages), default=0.0)
    if broadest > _READABLE and broadest > len(rows) * (widest + 60):
        sizes = [_HEIGHT if name else _BEND for name in layers.names]
        return _Paper(layers, rows, sizes, _GAP / 2, widest, across=True).layout()
    return _Paper(layers, rows, widths, _GAP, _HEIGHT, across=False).layout()


def _width(name: str) -> float:
    return max(72.0, len(short(name)) * _COLUMN + 28.0) if name else _BEND


class _Paper:
    """One drawing in the making: `sizes` are measured along a row, `depth` is how thick a row is."""

    def __init__(
        self, layers: Layers, rows: list[list[int]], sizes: list[float], gap: float, depth: float, *, across: bool
    ) -> None:
        self.layers, self.sizes, self.depth, self.across = layers, sizes, depth, across
        self.centres = place_slots(layers, rows, sizes, gap)
        self.starts = _starts(layers, rows, self.centres, depth)
        self.row_of = {slot: number for number, row in enumerate(rows) for slot in row}

    def layout(self) -> Layout:
        breadth = max((c + size / 2 for c, size in zip(self.centres, self.sizes, strict=True)), default=0.0)
        length = self.starts[-1] + self.depth if self.starts else 0.0
        boxes = {name: self._box(slot) for slot, name in enumerate(self.layers.names) if name}
        lines = tuple(tuple(self._points(route)) for route in self.layers.routes)
        middles = tuple(start + self.depth / 2 for start in self.starts)
        return Layout(*self._turned(breadth, length), self.across, boxes, lines, middles)

    def _box(self, slot: int) -> Box:
        corner = self._turned(self.centres[slot] - self.sizes[slot] / 2, self.starts[self.row_of[slot]])
        return Box(*corner, *self._turned(self.sizes[slot], self.depth))

    def _points(self, route: list[int]) -> list[Point]:
        edges = []
        for slot in route:
            start = self.starts[self.row_of[slot]]
            edges += [self._turned(self.centres[slot], start), self._turned(self.centres[slot], start + self.depth)]
        return edges[1:-1]

    def _turned(self, along_row: float, down: float) -> Point:
        return (down, along_row) if self.across else (along_row, down)


def _starts(layers: Layers, rows: list[list[int]], centres: list[float], depth: float) -> list[float]:
    """Where each row begins: the further edges reach sideways, the more room they get to do so."""
    starts, at = [], 0.0
    for row in rows:
        starts.append(at)
        reach = max((abs(centres[slot] - centres[other]) for slot in row for other in layers.below[slot]), default=0.0)
        at += depth + min(180.0, 44.0 + reach / 10)
    return starts
