"""Edges: both ends defined, each once, no circle."""

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any, Final

from pipedreamer.spec.findings import Findings, Placed
from pipedreamer.spec.model import Edge
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.tree import Mapping, Sequence
from pipedreamer.spec.wording import shown

_SHOWN_OF_CIRCLE: Final = 8
_CIRCLE_WORK: Final = 200_000  # edges looked at, over all circles, before the search for more is given up
_CIRCLES: Final = 100


def check_edges(tree: Sequence, values: Iterable[Any], ids: Collection[str], out: Findings) -> tuple[Edge, ...]:
    """The edges that are sound, each once, in the order of the file; the rest is reported at its place.

    `tree` and `values` are the same list, as it stands in the file and as its fields were read.
    """
    names = Names(ids)
    found: dict[Edge, Placed] = {}
    for at, (item, value) in enumerate(zip(tree.items, values, strict=True)):
        if not isinstance(item, Mapping) or not value or not value.get("from") or not value.get("to"):
            continue  # reported when it was read
        edge = Edge(value["from"], value["to"])
        if not _ends_are_known(at, item, edge, ids, names, out):
            continue
        if edge.source == edge.target:
            place = item.entries["to"].value
            out.error(
                place, f"edges[{at}] leads from {shown(edge.source)} to itself", "remove it, or name another node"
            )
        elif edge in found:
            first = f"the first is at line {found[edge].line}"
            out.warning(item, f"the edge {edge.source} -> {edge.target} is written twice and counts once", first)
        else:
            found[edge] = item
    _check_circles(found, out)
    return tuple(found)


def _ends_are_known(at: int, item: Mapping, edge: Edge, ids: Collection[str], names: Names, out: Findings) -> bool:
    known = True
    for key, end in (("from", edge.source), ("to", edge.target)):
        if end not in ids:
            known = False
            place = item.entries[key].value
            out.error(
                place,
                f"edges[{at}].{key} is {shown(end)}, which is not a node",
                lambda end=end: names.hint(end) or f"define it below nodes: {end}: {{path: ...}}",  # type: ignore[misc]
            )
    return known


def _check_circles(edges: dict[Edge, Placed], out: Findings) -> None:
    """Report a circle, take away the edge that closes it, and look again: each needs a remedy of its own."""
    left = dict(edges)
    order = {edge: at for at, edge in enumerate(edges)}
    for _ in range(max(1, min(_CIRCLES, _CIRCLE_WORK // (len(edges) + 1)))):
        circle = _a_circle(left)
        if not circle:
            return
        closing = max(circle, key=order.__getitem__)
        turn = circle.index(closing) + 1
        path = [edge.source for edge in circle[turn:] + circle[:turn]]
        out.error(left[closing], f"the edges run in a circle: {_drawn([*path, path[0]])}", "remove one of these edges")
        del left[closing]


def _a_circle(edges: Iterable[Edge]) -> list[Edge]:
    """The edges of one circle, in their direction, or nothing."""
    from graphlib import CycleError, TopologicalSorter  # needed for nothing else

    sorter: TopologicalSorter[str] = TopologicalSorter()
    for edge in edges:
        sorter.add(edge.target, edge.source)
    try:
        sorter.prepare()
    except CycleError as error:
        path: list[str] = error.args[1]
        return [Edge(source, target) for source, target in pairwise(path)]
    return []


def _drawn(path: list[str]) -> str:
    if len(path) > _SHOWN_OF_CIRCLE:
        skipped = len(path) - _SHOWN_OF_CIRCLE
        path = [*path[: _SHOWN_OF_CIRCLE // 2], f"({skipped:,} more)", *path[-_SHOWN_OF_CIRCLE // 2 :]]
    return " -> ".join(path)
