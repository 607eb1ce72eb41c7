"""Plans of small workflows, made of ids and edges."""

from pipedreamer.dag import Plan, compile_plan
from pipedreamer.spec import Edge, Node, Trigger, Workflow

Graph = tuple[list[str], list[tuple[str, str]]]

DIAMOND: Graph = (
    ["fetch", "transform", "enrich", "notify"],
    [("fetch", "transform"), ("fetch", "enrich"), ("transform", "notify"), ("enrich", "notify")],
)


def plan_of(ids: list[str], edges: list[tuple[str, str]], name: str = "graph") -> Plan:
    return compile_plan(
        Workflow(
            name=name,
            version="1.0",
            triggers=(Trigger(type="manual"),),
            nodes={node_id: Node(id=node_id, path=f"nodes/{node_id}.py", timeout_ms=1, retries=0) for node_id in ids},
            edges=tuple(Edge(source, target) for source, target in edges),
        )
    )
