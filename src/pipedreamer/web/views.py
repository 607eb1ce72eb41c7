"""What the templates are given for each kind of page."""

from collections.abc import Mapping
from shlex import quote
from typing import Any, Final
from urllib.parse import unquote

import orjson

from pipedreamer.web import plot, timeline
from pipedreamer.web.states import FILTERED, LIVE

FIRST: Final = 200
"""So many nodes and log lines are in the first paint; the script shows the others."""
_DEEPEST: Final = 20
_TABS: Final = ("logs", "output", "input", "attempts")
_SPANS: Final = (("last hour", 3_600_000), ("last 24 hours", 86_400_000), ("last 7 days", 604_800_000))


def view(kind: str, data: Mapping[str, Any], now: int) -> dict[str, Any]:
    """The names that the template of `kind` uses."""
    shown = {"workflow": None, "query": {}, "may_run": True, "asks_login": False, **data, "kind": kind}
    match kind:
        case "workflow":
            return shown | _workflow(data)
        case "runs":
            return shown | _runs(shown, now)
        case "run":
            return shown | _run(shown, now)
    return shown


def _workflow(data: Mapping[str, Any]) -> dict[str, Any]:
    runs = data["runs"]["runs"]
    widest = max(map(len, data["workflow"]["stages"]), default=0)
    return {
        "runs": runs,
        "columns": plot.columns(runs),
        "plot_width": plot.MOST * plot.WIDTH,
        "plot_height": plot.HEIGHT,
        "example": _example(data["workflow"]["inputSchema"]),
        "breadth": "slim" if widest <= 2 else "middling" if widest <= 4 else "",
    }


def _example(schema: Any) -> str:
    """An input as a word of a shell."""
    return quote(orjson.dumps(sample(schema, schema) if isinstance(schema, dict) else {}).decode())


def sample(schema: Any, root: Any, depth: int = 0) -> Any:
    """A value to begin with, as `start` in `static/schema.js`: a default, an example, a first choice, or empty."""
    schema = _resolved(schema, root)
    if depth > _DEEPEST:
        return None
    for name in ("default", "const"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or (kind is None and "properties" in schema):
        needed = schema.get("required", ())
        parts = {name: _resolved(part, root) for name, part in schema.get("properties", {}).items()}
        return {
            name: sample(part, root, depth + 1) for name, part in parts.items() if name in needed or "default" in part
        }
    number = schema.get("minimum", 0)
    empty = {"string": "", "integer": number, "number": number, "boolean": False, "array": [], "null": None}
    return empty.get(str(kind), {})


def _resolved(schema: Any, root: Any) -> dict[str, Any]:
    """The schema that `$ref` leads to within its document."""
    for _ in range(_DEEPEST):
        address = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(address, str):
            break
        target = root if address.startswith("#") else {}
        for part in address.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            target = target.get(key, {}) if isinstance(target, dict) else {}
        schema = {**(target if isinstance(target, dict) else {}), **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema if isinstance(schema, dict) else {}


def _runs(data: Mapping[str, Any], now: int) -> dict[str, Any]:
    query = data["query"]
    spans = [(words, str(now - ms)) for words, ms in _SPANS]
    return {
        "runs": data["runs"]["runs"],
        "next": data["runs"]["next"],
        "example": _example(data["workflow"]["inputSchema"]),
        "longest": max((run["durationMs"] or 0 for run in data["runs"]["runs"]), default=0) or 1,
        "filters": {name: value for name, value in query.items() if name not in {"before", "limit"} and value},
        "filtered_states": FILTERED,
        "spans": spans,
    }


def _run(data: Mapping[str, Any], now: int) -> dict[str, Any]:
    run, query = data["run"], data["query"]
    plan = {node["id"]: node for node in data["workflow"]["nodes"]}
    parents = {name: node["parents"] for name, node in plan.items()}
    node = next((node for node in run["nodes"] if node["id"] == query.get("node")), None)
    tab = query.get("tab")
    lines = [line for line in data["logs"]["lines"] if node is None or line["node"] == node["id"]]
    return {
        "rows": timeline.rows(run, parents, now)[:FIRST],
        "node": node,
        "tab": tab if tab in _TABS else "logs",
        "tabs": _TABS if node else _TABS[:3],
        "lines": lines[:FIRST],
        "live": run["state"] in LIVE,
        "value": _value(run, node, tab, parents),
        "failures": [each for each in run["nodes"] if each["state"] == "failed" and each["attempts"]],
    }


def _value(run: Mapping[str, Any], node: Mapping[str, Any] | None, tab: str | None, parents: Mapping[str, Any]) -> Any:
    """What the tab shows: an output, or an input as docs/nodes.md says what a node is given."""
    outputs = {each["id"]: each["output"] for each in run["nodes"] if each["state"] == "succeeded"}
    if tab == "output":
        return outputs.get(node["id"]) if node else outputs
    above = parents.get(node["id"], ()) if node else ()
    if not above:
        return run["input"]
    return outputs.get(above[0]) if len(above) == 1 else {name: outputs.get(name) for name in above}
