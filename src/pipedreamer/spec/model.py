"""The frozen model of a workflow: what workflow.yaml says once it is known to be right."""

from typing import Any, Literal

import msgspec

from pipedreamer.spec.permissions import Permissions

TriggerType = Literal["manual", "cron", "queue", "webhook"]


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is started; which of the optional fields is set depends on `type`."""

    type: TriggerType
    name: str | None = None
    schedule: str | None = None
    timezone: str | None = None
    subject: str | None = None
    path: str | None = None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One step: `path` is relative to the folder; `timeout_ms` and `retries` have config's values filled in."""

    id: str
    path: str
    timeout_ms: int
    retries: int
    rerun_interrupted: bool = True
    capabilities: dict[str, str] = {}


class Edge(msgspec.Struct, frozen=True):
    """`target` gets what `source` returned."""

    source: str
    target: str


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """A whole workflow.yaml.

    `config` is the open map as written, typed keys too (`timeout: 30s` stays text). `input` is a JSON Schema, or
    the path of a file that holds one. `deployment` is the block as written, or None.
    Edges are unique and in the order of the file.
    """

    name: str
    version: str
    description: str = ""
    triggers: tuple[Trigger, ...]
    nodes: dict[str, Node]
    edges: tuple[Edge, ...] = ()
    config: dict[str, Any] = {}
    input: dict[str, Any] | bool | str | None = None
    permissions: Permissions = Permissions()
    deployment: dict[str, Any] | None = None
