"""What the engine is handed: the workflow that it serves, whoever runs it, and the limits it keeps."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipedreamer.engine.history.history import History
from pipedreamer.runtime.counts import Durations, NodeCounts
from pipedreamer.runtime.executor import Executor
from pipedreamer.runtime.recording.figures import RecordFigures
from pipedreamer.runtime.result import Masking

if TYPE_CHECKING:
    from pipedreamer.runtime.tracing.traces import Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a caller may do.

    `max_body` is in bytes. `allowed_hosts` are names (no port) that callers may use beside localhost, IP addresses and
    the workflow's names as a Kubernetes service; a host that the engine is bound to by name belongs here.
    `namespace` is the Kubernetes namespace, where there is one: it makes the short form `<workflow>.<namespace>` known.
    """

    max_body: int = 10 * 1024 * 1024
    allowed_hosts: tuple[str, ...] = ()
    namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Plain counts for `/metrics`, none of which goes on counting.

    `runs` has the ended runs by state, `rejected` those there was no room for, `nodes` those of the present plan by id.
    """

    running: int = 0
    queued: int = 0
    workers: int = 0
    worker_restarts: int = 0
    settings_failures: int = 0
    rejected: int = 0
    durable_running: int = 0
    durable_waiting: int = 0
    runs: Mapping[str, int] = field(default_factory=dict)
    durations: Durations = field(default_factory=Durations)
    nodes: Mapping[str, NodeCounts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One workflow as it is served; a hot reload hands the app another one.

    `mask` is asked for each answer, so that a rotated secret is masked at once. `layers` names the sandbox's layers
    and their state, `ready` is False until the first run can be taken. `about` is the plan as `/workflow` tells it.
    Without a `history` no run is kept; `record` tells how their record is. With `traces` runs
    belong to the traces of their callers.
    """

    workflow: str
    version: str
    executor: Executor
    mask: Callable[[], Masking]
    layers: Callable[[], Mapping[str, str]]
    stats: Callable[[], Stats]
    ready: Callable[[], bool]
    input_schema: dict[str, Any] | bool | None = None
    limits: Limits = field(default_factory=Limits)
    about: Mapping[str, Any] = field(default_factory=dict)
    history: History | None = None
    record: Callable[[], Awaitable[RecordFigures]] | None = None
    traces: "Traces | None" = None
