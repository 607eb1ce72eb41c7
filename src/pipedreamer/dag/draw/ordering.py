"""The order of the slots inside each row: barycentre sweeps, the arrangement with the fewest crossings kept."""

from bisect import bisect_right, insort

from pipedreamer.dag.draw.layering import Layers

_COUNTED = 4_000
"""Crossings are counted up to this many slots; a larger drawing takes a few sweeps as they come."""


def order_rows(layers: Layers) -> list[list[int]]:
    """Rows with the same slots in an order in which few edges cross."""
    rows = [list(row) for row in layers.rows]
    if len(layers.names) > _COUNTED:
        for sweep in range(4):
            _sweep(rows, layers, downwards=sweep % 2 == 0)
        return rows
    best, fewest = [list(row) for row in rows], _crossings(rows, layers)
    for sweep in range(24):
        if fewest == 0:
            break
        _sweep(rows, layers, downwards=sweep % 2 == 0)
        crossings = _crossings(rows, layers)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _sweep(rows: list[list[int]], layers: Layers, *, downwards: bool) -> None:
    neighbours = layers.above if downwards else layers.below
    place = [0.0] * len(layers.names)
    for row in rows if downwards else reversed(rows):
        for position, slot in enumerate(row):
            joined = neighbours[slot]
            place[slot] = sum(place[other] for other in joined) / len(joined) if joined else position / max(1, len(row))
        row.sort(key=place.__getitem__)
        # Places are fractions of a row, so that rows of different lengths compare.
        for position, slot in enumerate(row):
            place[slot] = (position + 0.5) / len(row)


def _crossings(rows: list[list[int]], layers: Layers) -> int:
    position = [0] * len(layers.names)
    for row in rows:
        for number, slot in enumerate(row):
            position[slot] = number
    crossings = 0
    for row in rows:
        passed: list[int] = []
        for slot in row:
            ends = sorted(position[other] for other in layers.below[slot])
            crossings += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return crossings
