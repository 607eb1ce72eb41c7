"""Where on its row each slot lies: near the mean of its neighbours, in order, and never too close to the next."""

from itertools import pairwise

from pipedreamer.dag.draw.layering import Layers

_SWEEPS = 40
_SWEPT = 60_000
"""Slots times sweeps that are worth their time; a larger drawing gets fewer sweeps."""
_STRAIGHT = 8.0
"""How much stronger a bend pulls than a node does: a long edge should run straight (Gansner et al., 1993)."""


def place_slots(layers: Layers, rows: list[list[int]], sizes: list[float], gap: float) -> list[float]:
    """The centre of each slot along its row, `gap` between two slots; the outermost edge lies at 0."""
    centres = [0.0] * len(sizes)
    for row in rows:
        _spread(row, [(0.0, 1.0)] * len(row), sizes, gap, centres)
    sweeps = max(6, min(_SWEEPS, _SWEPT // max(1, len(sizes))))
    for sweep in range(sweeps):
        both = sweep >= sweeps // 2
        downwards = sweep % 2 == 0
        for row in rows if downwards else reversed(rows):
            wanted = [_wanted(slot, layers, centres, up=downwards or both, down=not downwards or both) for slot in row]
            _spread(row, wanted, sizes, gap, centres)
    left = min((centre - size / 2 for centre, size in zip(centres, sizes, strict=True)), default=0.0)
    return [centre - left for centre in centres]


def _wanted(slot: int, layers: Layers, centres: list[float], *, up: bool, down: bool) -> tuple[float, float]:
    """The mean of the neighbours' places, and how strongly they pull."""
    total = weight = 0.0
    joined = (layers.above[slot] if up else []) + (layers.below[slot] if down else [])
    for other in joined:
        pull = _STRAIGHT if not layers.names[slot] and not layers.names[other] else 1.0
        total += pull * centres[other]
        weight += pull
    return (total / weight, weight) if weight else (centres[slot], 0.1)


def _spread(
    row: list[int], wanted: list[tuple[float, float]], sizes: list[float], gap: float, centres: list[float]
) -> None:
    """Set `centres` of a row as near to `wanted` as order and room allow, by pooling adjacent violators (linear)."""
    offsets = [0.0]
    for before, slot in pairwise(row):
        offsets.append(offsets[-1] + (sizes[before] + sizes[slot]) / 2 + gap)
    pools: list[tuple[float, float, int]] = []
    for (want, weight), offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            before_mean, before_weight, before_count = pools.pop()
            mean = (mean * weight + before_mean * before_weight) / (weight + before_weight)
            weight, count = weight + before_weight, count + before_count
        pools.append((mean, weight, count))
    means = (mean for mean, _, count in pools for _ in range(count))
    for slot, mean, offset in zip(row, means, offsets, strict=True):
        centres[slot] = mean + offset
