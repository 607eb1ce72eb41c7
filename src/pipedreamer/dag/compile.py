"""Kahn's algorithm over a checked workflow."""

from pipedreamer.dag.plan import Plan
from pipedreamer.errors import Problem, SpecError
from pipedreamer.spec.model import Workflow

_CYCLE_SHOWN = 8


def compile_plan(workflow: Workflow) -> Plan:
    """Sort a workflow's nodes into stages; linear in nodes and edges, and the same plan for the same workflow.

    A stage is taken off the graph whole, so a node becomes ready in the stage after its deepest parent: its stage is
    its longest path from a root. Raises SpecError for a cycle, which a checked workflow has not.
    """
    parents: dict[str, list[str]] = {node_id: [] for node_id in workflow.nodes}
    children: dict[str, list[str]] = {node_id: [] for node_id in workflow.nodes}
    for edge in workflow.edges:
        parents[edge.target].append(edge.source)
        children[edge.source].append(edge.target)
    stages = _stages(parents, children)
    order = [node_id for stage in stages for node_id in stage]
    if len(order) < len(parents):
        raise _cycle_error(parents, set(order))
    return Plan(
        name=workflow.name,
        version=workflow.version,
        nodes={node_id: workflow.nodes[node_id] for node_id in order},
        stages=stages,
        parents={node_id: tuple(parents[node_id]) for node_id in order},
    )


def _stages(parents: dict[str, list[str]], children: dict[str, list[str]]) -> tuple[tuple[str, ...], ...]:
    waiting = {node_id: len(sources) for node_id, sources in parents.items()}
    ready = sorted(node_id for node_id, count in waiting.items() if count == 0)
    stages = []
    while ready:
        stages.append(tuple(ready))
        following = []
        for node_id in ready:
            for child in children[node_id]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    following.append(child)
        ready = sorted(following)
    return tuple(stages)


def _cycle_error(parents: dict[str, list[str]], sorted_out: set[str]) -> SpecError:
    """Name a cycle: every node that is left has a parent that is left, so walking up comes round."""
    walk: dict[str, int] = {}
    node_id = min(set(parents) - sorted_out)
    while node_id not in walk:
        walk[node_id] = len(walk)
        node_id = min(parent for parent in parents[node_id] if parent not in sorted_out)
    ring = [*list(walk)[walk[node_id] :], node_id][::-1]
    shown = ring if len(ring) <= _CYCLE_SHOWN else [*ring[: _CYCLE_SHOWN - 1], "...", ring[-1]]
    message = f"the edges go round in a circle: {' -> '.join(shown)}"
    return SpecError((Problem("workflow.yaml", 0, 0, message, "remove one of these edges"),))
