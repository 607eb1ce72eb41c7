"""A plan in Mermaid's flowchart language."""

import re

from pipedreamer.dag.plan import Plan

# A word that Mermaid's lexer reads as its own when an id begins with it, alone or before a hyphen.
_RESERVED = re.compile(
    r"(call|class|click|default|direction|end|flowchart|graph|href|interpolate|style|subgraph|v)(-|$)"
)
_PLAIN = re.compile(r"[a-z][a-z0-9_]*(-[a-z0-9_]+)*")


def mermaid(plan: Plan) -> str:
    """`graph TD` with an arrow an edge; an id that Mermaid would misread gets a stand-in with the id as its label."""
    names = {node_id: _name(node_id, number) for number, node_id in enumerate(plan.nodes)}
    connected = {parent for parents in plan.parents.values() for parent in parents}
    lines = ["graph TD"]
    for node_id, name in names.items():
        if name != node_id:
            lines.append(f'    {name}["{_label(node_id)}"]')
        elif not plan.parents[node_id] and node_id not in connected:
            lines.append(f"    {name}")
    for node_id, parents in plan.parents.items():
        lines += [f"    {names[parent]} --> {names[node_id]}" for parent in parents]
    return "\n".join(lines) + "\n"


def _name(node_id: str, number: int) -> str:
    if _PLAIN.fullmatch(node_id) and not _RESERVED.match(node_id):
        return node_id
    return f"N{number}"  # ids are lower case, so this is nobody's


def _label(text: str) -> str:
    return text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
