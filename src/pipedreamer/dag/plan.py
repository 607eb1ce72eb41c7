"""What a workflow compiles to: stages of nodes, and where each node's input comes from."""

from dataclasses import dataclass
from typing import Any

from pipedreamer.spec.model import Node


@dataclass(frozen=True, slots=True)
class Plan:
    """The nodes of a workflow in the order they run.

    `stages` run one after the other, the nodes of a stage together, each stage sorted by id; a node's stage is its
    longest path from a root. `parents[id]` are the nodes whose outputs it gets, in the order of the edges.
    """

    name: str
    version: str
    nodes: dict[str, Node]
    stages: tuple[tuple[str, ...], ...]
    parents: dict[str, tuple[str, ...]]

    def input_of(self, node_id: str, trigger_input: Any, outputs: dict[str, Any]) -> Any:
        """What a node is called with: the trigger's input, its one parent's output, or `{parent: output}`."""
        parents = self.parents[node_id]
        if not parents:
            return trigger_input
        if len(parents) == 1:
            return outputs[parents[0]]
        return {parent: outputs[parent] for parent in parents}
