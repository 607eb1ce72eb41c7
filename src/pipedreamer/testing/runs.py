"""One run of a node or of a whole workflow with mocks, as `pipedreamer test` and people's own tests make it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import orjson

from pipedreamer.errors import UsageError
from pipedreamer.project import Project
from pipedreamer.project.modules import Imports
from pipedreamer.runtime.assembly import Assembly, assemble
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.permitted_secrets import visible_secrets
from pipedreamer.runtime.result import RunResult
from pipedreamer.testing.bench import Scene
from pipedreamer.testing.mock_broker import MockBroker, Request
from pipedreamer.testing.mocks import Mocks

RUN_ID = "test"
"""`ctx.run_id` with mocks, so that a node which puts it into its output can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun:
    """What a run of a whole workflow came to.

    `outputs` has every node that finished, `errors` why others failed, `logs` what all wrote (secrets hidden) and
    `requests` what they asked for.
    """

    outputs: dict[str, Any]
    errors: dict[str, str]
    logs: tuple[NodeLine, ...]
    requests: tuple[Request, ...]

    @property
    def success(self) -> bool:
        return not self.errors

    def output(self, node_id: str) -> Any:
        """A node's output; raises AssertionError where the node did not finish, saying what failed."""
        if node_id not in self.outputs:
            raise AssertionError(_told(self.errors, self.logs) or f'Node "{node_id}" did not run')
        return self.outputs[node_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRun:
    """What a run of one node came to; `error` is "" where it succeeded, the rest is as in `WorkflowRun`."""

    node: str
    error: str
    logs: tuple[NodeLine, ...]
    requests: tuple[Request, ...]
    value: Any = None

    @property
    def success(self) -> bool:
        return not self.error

    @property
    def output(self) -> Any:
        """What the node returned; raises AssertionError where it failed, with its error and log."""
        if self.error:
            raise AssertionError(_told({self.node: self.error}, self.logs))
        return self.value


def node_assembly(project: Project, node_id: str, site: Path | None, imports: Imports | None = None) -> Assembly:
    """One node for a test with mocks: a single attempt, so that a retry cannot hide a failure."""
    node = project.plan.nodes[node_id]
    once = replace(project.plan, nodes={**project.plan.nodes, node_id: msgspec.structs.replace(node, retries=0)})
    return assemble(replace(project, plan=once), site, imports, only=node_id, jitter=False)


def mock_scene(project: Project, mocks: Mocks) -> tuple[Scene, MockBroker]:
    """What is around a run with mocks: their config lies over the workflow's own, everything else is theirs.

    Of their secrets nodes see, and fetches use, what the workflow's permissions allow.
    """
    permissions = project.workflow.permissions
    broker = MockBroker.of(mocks, permissions)
    scene = Scene(
        config={**project.workflow.config, **mocks.config},
        secrets=visible_secrets(mocks.secrets, permissions),
        masked=mocks.secrets,
        files=mocks.files,
        broker=broker,
    )
    return scene, broker


def check_input(project: Project, text: bytes) -> None:
    """Raises UsageError where the input does not fit the workflow's schema, as `POST /run` answers 422."""
    if project.input_schema is None:
        return
    from pipedreamer.engine.schema import InputSchema  # only workflows with a schema pay for the import

    refusal = InputSchema(project.input_schema).check(orjson.loads(text), len(text))
    if refusal is not None:
        raise UsageError(str(orjson.loads(refusal.body)["error"]))


def node_run(node_id: str, result: RunResult, logs: tuple[NodeLine, ...], broker: MockBroker) -> NodeRun:
    """The result of a plan of one node."""
    return NodeRun(
        node=node_id,
        error=result.errors.get(node_id, ""),
        logs=logs,
        requests=tuple(broker.requests),
        value=result.output(node_id) if node_id in result.outputs else None,
    )


def workflow_run(result: RunResult, logs: tuple[NodeLine, ...], broker: MockBroker) -> WorkflowRun:
    """The result of a whole plan."""
    return WorkflowRun(
        outputs={node_id: result.output(node_id) for node_id in result.outputs},
        errors=dict(result.errors),
        logs=logs,
        requests=tuple(broker.requests),
    )


def _told(errors: dict[str, str], logs: tuple[NodeLine, ...]) -> str:
    failed = [f'Node "{node_id}" failed: {message}' for node_id, message in errors.items()]
    return "\n".join([*failed, *(f"  [{line.node}] {line.level.upper()} {line.message}" for line in logs)])
