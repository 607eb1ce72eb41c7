"""The way from the text of workflow.yaml to a `Workflow`, or to all that is wrong with it."""

from dataclasses import dataclass, field
from typing import Any, Final

from pipedreamer.errors import Problem, SpecError
from pipedreamer.spec.compose import compose
from pipedreamer.spec.duration import parse_duration
from pipedreamer.spec.edges import check_edges
from pipedreamer.spec.fields import WORKFLOW
from pipedreamer.spec.fields_of_permissions import permissions_of
from pipedreamer.spec.file_paths import inside
from pipedreamer.spec.findings import Findings
from pipedreamer.spec.json_value import to_json
from pipedreamer.spec.kind import At
from pipedreamer.spec.model import Edge, Node, Trigger, Workflow
from pipedreamer.spec.tree import Scalar, Sequence, Tree, descend
from pipedreamer.spec.wording import shown

DEFAULT_TIMEOUT: Final = "30s"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file came to: `workflow` is None where there are errors; `problems` are in the order of the file."""

    workflow: Workflow | None
    problems: tuple[Problem, ...]
    _tree: Tree | None = field(repr=False, compare=False)

    def locate(self, *path: str | int) -> tuple[int, int]:
        """Line and column of the value at a path of keys and indices, or of the last one on the way that exists."""
        if self._tree is None:
            return 1, 1
        found = descend(self._tree, path)
        return found.line, found.column

    def texts(self, *path: str) -> tuple[str, ...]:
        """A list as it is written, also where the file has errors; "" for what is no text, nothing for no list."""
        found = descend(self._tree, path) if self._tree is not None else None
        items = found.items if isinstance(found, Sequence) else ()
        return tuple(item.text if isinstance(item, Scalar) else "" for item in items)


def read(text: bytes | str, file: str = "workflow.yaml") -> Reading:
    """Read a workflow.yaml; `file` is the name that problems bear. Raises nothing, whatever the text."""
    out = Findings(file)
    tree = compose(text, out)
    workflow = None
    if tree is not None:
        values = WORKFLOW.read(tree, At("", tree.line, tree.column), out) or {}
        _check_trigger_names(tree, values.get("triggers") or (), out)
        edges = _edges(tree, values, out)
        if not out.has_errors:
            workflow = _workflow(values, edges)
    return Reading(workflow, out.problems(), tree)


def load(text: bytes | str, file: str = "workflow.yaml") -> Workflow:
    """Read a workflow.yaml that must be right; raises `SpecError` with all problems where there is an error."""
    reading = read(text, file)
    if reading.workflow is None:
        raise SpecError(reading.problems)
    return reading.workflow


def read_value(text: bytes | str, file: str) -> tuple[Any, tuple[Problem, ...]]:
    """The JSON value of another YAML or JSON file, by the same rules and bounds, and what is wrong with it.

    The value is None where there are errors.
    """
    out = Findings(file)
    tree = compose(text, out)
    value = to_json(tree, out) if tree is not None else None
    return (None if out.has_errors else value), out.problems()


def _check_trigger_names(tree: Tree, triggers: Any, out: Findings) -> None:
    first: dict[str, int] = {}
    for at, trigger in enumerate(triggers):
        name = trigger.get("name") if trigger else None
        if name is not None and first.setdefault(name, at) != at:
            place = descend(tree, ("triggers", at, "name"))
            message = f"triggers[{at}].name {shown(name)} is the name of triggers[{first[name]}] too"
            out.error(place, message, "give each trigger a name of its own")


def _edges(tree: Tree, values: dict[str, Any], out: Findings) -> tuple[Edge, ...]:
    edges, nodes = descend(tree, ("edges",)), values.get("nodes")
    if values.get("edges") is None or nodes is None or not isinstance(edges, Sequence):
        return ()  # without nodes, every edge would be wrong
    return check_edges(edges, values["edges"], nodes.keys(), out)


def _workflow(values: dict[str, Any], edges: tuple[Edge, ...]) -> Workflow:
    config, schema = values.get("config", {}), values.get("input")
    return Workflow(
        name=values["name"],
        version=values["version"],
        description=values.get("description", ""),
        triggers=tuple(Trigger(**trigger) for trigger in values["triggers"]),
        nodes=_nodes(values["nodes"], config),
        edges=edges,
        config=config,
        input=inside(schema) if isinstance(schema, str) else schema,
        permissions=permissions_of(values.get("permissions")),
        deployment=values.get("deployment"),
    )


def _nodes(nodes: dict[str, dict[str, Any]], config: dict[str, Any]) -> dict[str, Node]:
    """The nodes, what they leave out filled in from the config, and what that leaves out by default."""
    timeout = parse_duration(config.get("timeout") or DEFAULT_TIMEOUT)
    retries = config.get("retries") or 0
    rerun = config.get("rerun_interrupted") is not False
    return {
        name: Node(
            id=name,
            path=inside(node["path"]),
            timeout_ms=parse_duration(node["timeout"]) if "timeout" in node else timeout,
            retries=node.get("retries", retries),
            rerun_interrupted=node.get("rerun_interrupted", rerun),
            capabilities=node.get("capabilities", {}),
        )
        for name, node in nodes.items()
    }
