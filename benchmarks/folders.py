"""Workflow folders made for a measure."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_FILES = {
    "add_one": """\
async def run(ctx, input: int) -> int:
    return input + 1
""",
    "add_up": """\
async def run(ctx, input: dict[str, int]) -> int:
    return sum(input.values()) + 1
""",
    # A plain function, as docs/nodes.md asks of a node that computes for long.
    "compute": """\
def run(ctx, input: int) -> int:
    total = 0
    for value in range(input):
        total += value * value % 7
    return total
""",
}
_LAYERS, _WIDTH = 25, 40


@dataclass(frozen=True, slots=True)
class Shape:
    """A workflow: `nodes` with their file, edges, and what the node `last` returns for the input 0."""

    nodes: dict[str, str]
    edges: list[tuple[str, str]]
    last: str
    expected: int


def sequence(count: int) -> Shape:
    """Nodes in a row, each adding one."""
    names = [f"n{i}" for i in range(count)]
    return Shape(dict.fromkeys(names, "add_one"), [*itertools.pairwise(names)], names[-1], count)


def fan_out(count: int) -> Shape:
    """A node, that many beside each other after it, and one that adds up what these return."""
    items = [f"n{i}" for i in range(count)]
    nodes = {"first": "add_one"} | dict.fromkeys(items, "add_one") | {"last": "add_up"}
    edges = [("first", item) for item in items] + [(item, "last") for item in items]
    return Shape(nodes, edges, "last", 2 * count + 1)


def layers() -> Shape:
    """25 layers of 40 nodes, 1,000 in all; a node has two parents in the layer before."""
    nodes = {f"n{layer}-{i}": "add_up" if layer else "add_one" for layer in range(_LAYERS) for i in range(_WIDTH)}
    edges = [
        (f"n{layer - 1}-{parent % _WIDTH}", f"n{layer}-{i}")
        for layer in range(1, _LAYERS)
        for i in range(_WIDTH)
        for parent in (i, i + 7)
    ]
    return Shape(nodes, edges, f"n{_LAYERS - 1}-0", 2**_LAYERS - 1)


def computing() -> Shape:
    """One node of pure Python that goes round as often as its input says."""
    return Shape({"compute": "compute"}, [], "compute", 0)


def write(shape: Shape, folder: Path) -> Path:
    """Writes a shape's files into a new folder, which it gives back."""
    (folder / "nodes").mkdir(parents=True)
    for file in set(shape.nodes.values()):
        (folder / "nodes" / f"{file}.py").write_text(_FILES[file])
    (folder / "workflow.yaml").write_text(workflow(shape.nodes.items(), shape.edges))
    return folder


def tree(count: int) -> str:
    """The workflow.yaml of that many nodes, each with two children; there are no files to it."""
    return workflow(((f"n{i}", "add_one") for i in range(count)), ((f"n{i // 2}", f"n{i}") for i in range(1, count)))


def workflow(nodes: Iterable[tuple[str, str]], edges: Iterable[tuple[str, str]]) -> str:
    """The text of a workflow.yaml with nothing but nodes and edges."""
    lines = ["name: measured", 'version: "1.0"', "triggers: [{type: manual}]", "nodes:"]
    lines += [f"  {name}: {{path: nodes/{file}.py}}" for name, file in nodes]
    lines += ["edges:", *(f"  - {{from: {parent}, to: {child}}}" for parent, child in edges)]
    return "\n".join(lines) + "\n"
