"""A plan in DOT, the language of Graphviz."""

from pipedreamer.dag.plan import Plan


def dot(plan: Plan) -> str:
    """A digraph from top to bottom with the nodes of a stage on one rank."""
    lines = [
        f"digraph {_quoted(plan.name)} {{",
        "    rankdir=TB;",
        '    node [shape=box, style=rounded, fontname="monospace"];',
    ]
    lines += [f"    {{ rank=same; {' '.join(_quoted(node_id) + ';' for node_id in stage)} }}" for stage in plan.stages]
    for node_id, parents in plan.parents.items():
        lines += [f"    {_quoted(parent)} -> {_quoted(node_id)};" for parent in parents]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
