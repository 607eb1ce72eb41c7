"""The input that a node had in a run, as a fixture of `pipedreamer test`; secrets stay hidden."""

import json
from typing import TYPE_CHECKING, Any

from pipedreamer.errors import UsageError

if TYPE_CHECKING:
    from pipedreamer.client import RunDetail


def fixture(run: "RunDetail", name: str) -> str:
    """The fixture's text. Raises `UsageError` where the node is not there, or had no input."""
    known = [node.id for node in run.nodes]
    if name not in known:
        raise UsageError(f"run {run.id} has no node {name!r}; it has {', '.join(known)}")
    return json.dumps({"input": _input_of(run, name)}, indent=2, ensure_ascii=False) + "\n"


def _input_of(run: "RunDetail", name: str) -> Any:
    parents = next(node.parents for node in run.nodes if node.id == name)
    if not parents:
        return run.input
    outputs = {node.id: node.output for node in run.nodes if node.state == "succeeded"}
    if missing := [parent for parent in parents if parent not in outputs]:
        raise UsageError(f"node {name!r} had no input: {missing[0]!r}, before it, did not succeed")
    return outputs[parents[0]] if len(parents) == 1 else {parent: outputs[parent] for parent in parents}
