"""A project -> what the workers load and what a run needs to know: the one place where node ids become numbers."""

from dataclasses import dataclass
from pathlib import Path

from pipedreamer.dag import Plan
from pipedreamer.errors import SandboxError
from pipedreamer.project import Project
from pipedreamer.runtime.confinement import policy
from pipedreamer.runtime.pooled_run import RunnableNode, RunnablePlan
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.sandbox.protocol import Code, NodeCode

STOP_MARGIN_MS = 1_000
RUN_MARGIN_MS = 30_000


@dataclass(frozen=True, slots=True)
class Assembly:
    """One workflow, ready to be loaded under its policy."""

    name: str
    code: Code
    plan: RunnablePlan
    policy: Policy


def assemble(project: Project, site: Path | None = None, *, only: str | None = None, jitter: bool = True) -> Assembly:
    """Number the nodes of the plan; `only` makes a plan of that one node, which gets the trigger's input.

    `site` is the folder of its third-party packages.

    Raises `SandboxError` for a node in a language that no worker speaks.
    """
    plan = project.plan
    ids = [only] if only else [node_id for stage in plan.stages for node_id in stage]
    for node_id in ids:
        if project.language(node_id) != "python":
            raise SandboxError(
                f'Node "{node_id}" ({plan.nodes[node_id].path}) is TypeScript; this version runs Python nodes only'
            )
    number = {node_id: index for index, node_id in enumerate(ids)}
    stages = ((0,),) if only else tuple(tuple(number[node_id] for node_id in stage) for stage in plan.stages)
    nodes = tuple(
        NodeCode(
            id=node_id,
            file=str(project.node_files[node_id]),
            timeout_ms=plan.nodes[node_id].timeout_ms,
            retries=plan.nodes[node_id].retries,
            parents=() if only else tuple(number[parent] for parent in plan.parents[node_id]),
        )
        for node_id in ids
    )
    code = Code(root=str(project.root), nodes=nodes, stages=stages, paths=(str(site),) if site else (), jitter=jitter)
    return Assembly(project.workflow.name, code, _runnable(plan, ids, stages), policy(project, site))


def _runnable(plan: Plan, ids: list[str], stages: tuple[tuple[int, ...], ...]) -> RunnablePlan:
    nodes = tuple(
        RunnableNode(
            id=node_id,
            timeout_ms=plan.nodes[node_id].timeout_ms,
            retries=plan.nodes[node_id].retries,
            rerun_interrupted=plan.nodes[node_id].rerun_interrupted,
        )
        for node_id in ids
    )
    longest_ms = sum(max(_longest_ms(nodes[index]) for index in stage) for stage in stages)
    # Doubled: a node that is starved by a neighbour gets its time back.
    return RunnablePlan(plan.version, nodes, (2 * longest_ms + RUN_MARGIN_MS) * 1_000_000)


def _longest_ms(node: RunnableNode) -> int:
    waits: int = 110 * (2 ** min(node.retries, 40) - 1)
    return (node.retries + 1) * (node.timeout_ms + STOP_MARGIN_MS) + waits
