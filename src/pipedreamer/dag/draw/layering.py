"""A plan's stages as layers of slots, the first step of a layered drawing.

A slot is a node, or a bend that keeps a place free where an edge passes a stage between its ends.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from pipedreamer.dag.plan import Plan

_MOST_BENDS = 20_000
"""Past this the longest edges get no bends: they may then run behind boxes, and the drawing is still made in time."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Slots are numbers; `names[slot]` is a node's id, "" for a bend.

    `rows` are the slots of each stage; `routes` the slots that an edge passes, its ends included; `above` and `below`
    the slots that a slot is joined to in the row before and the row after.
    """

    names: list[str]
    rows: list[list[int]]
    routes: list[list[int]]
    above: list[list[int]]
    below: list[list[int]]


def layers_of(plan: Plan) -> Layers:
    """Give each node its slot and each edge its bends."""
    names = list(plan.nodes)
    slot_of = {node_id: slot for slot, node_id in enumerate(names)}
    rows = [[slot_of[node_id] for node_id in sorted(stage, key=_as_people_count)] for stage in plan.stages]
    row_of = [number for number, row in enumerate(rows) for _ in row]
    edges = [(slot_of[parent], slot_of[child]) for child, parents in plan.parents.items() for parent in parents]
    longest = _longest_bent([row_of[child] - row_of[parent] for parent, child in edges])
    routes = []
    for parent, child in edges:
        route = [parent]
        if row_of[child] - row_of[parent] <= longest:
            for row in range(row_of[parent] + 1, row_of[child]):
                rows[row].append(len(names))
                route.append(len(names))
                names.append("")
        routes.append([*route, child])
    return Layers(names, rows, routes, *_neighbours(len(names), routes))


def _as_people_count(node_id: str) -> list[tuple[int, str]]:
    """`probe-2` before `probe-10`: the order in which a row starts, and stays where no edge says otherwise."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", node_id)]


def _longest_bent(spans: list[int]) -> int:
    total = 0
    for span in sorted(spans):
        total += span - 1
        if total > _MOST_BENDS:
            return span - 1
    return max(spans, default=1)


def _neighbours(count: int, routes: list[list[int]]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for route in routes:
        for upper, lower in pairwise(route):
            below[upper].append(lower)
            above[lower].append(upper)
    return above, below
