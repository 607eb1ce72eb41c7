"""A project -> what the workers load and what a run needs to know: the one place where node ids become numbers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pipedreamer.dag import Plan
from pipedreamer.project import Language, Project
from pipedreamer.runtime.confinement import policy
from pipedreamer.runtime.languages import locked
from pipedreamer.runtime.pooled_run import RunnableNode, RunnablePlan
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.sandbox.protocol import Code, NodeCode

if TYPE_CHECKING:
    from pipedreamer.project.modules import Imports, Modules

STOP_MARGIN_MS = 1_000
RUN_MARGIN_MS = 30_000


@dataclass(frozen=True, slots=True)
class Part:
    """The nodes of one language: their code and the policy that locks it."""

    code: Code
    policy: Policy


@dataclass(frozen=True, slots=True)
class Assembly:
    """One workflow, ready to be loaded; `stages` and `languages` of its nodes by number."""

    name: str
    plan: RunnablePlan
    parts: dict[Language, Part]
    stages: tuple[tuple[int, ...], ...]
    languages: tuple[Language, ...]

    def with_parts(self, change: Callable[[Part], Part]) -> "Assembly":
        """The same with every part changed."""
        return replace(self, parts={language: change(part) for language, part in self.parts.items()})


def assemble(
    project: Project,
    site: Path | None = None,
    imports: "Imports | None" = None,
    *,
    only: str | None = None,
    jitter: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Assembly:
    """Number the nodes of the plan; `only` makes a plan of that one node, which gets the trigger's input.

    `site` is the folder of its third-party packages, `imports` what its TypeScript nodes import where that was looked
    for before; `say` hears what takes long.
    """

    def find_modules() -> "Modules":
        from pipedreamer.project.modules import Imports  # takes 20 ms, and most workflows are Python alone

        return (imports or Imports(project.root, say)).modules(only)

    plan = project.plan
    ids = [only] if only else [node_id for stage in plan.stages for node_id in stage]
    number = {node_id: index for index, node_id in enumerate(ids)}
    stages = ((0,),) if only else tuple(tuple(number[node_id] for node_id in stage) for stage in plan.stages)
    languages = tuple(project.language(node_id) for node_id in ids)
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
    confined = policy(project, site)
    parts = {
        language: Part(_in_language(code, languages, language), locked(confined, language, project, find_modules))
        for language in dict.fromkeys(languages)
    }
    return Assembly(project.workflow.name, _runnable(plan, ids, stages, len(parts) > 1), parts, stages, languages)


def _in_language(code: Code, languages: tuple[Language, ...], language: Language) -> Code:
    """The same numbers for all, and files for those that this language's workers run."""
    nodes = (
        node if of == language else msgspec.structs.replace(node, file="")
        for node, of in zip(code.nodes, languages, strict=True)
    )
    return msgspec.structs.replace(code, nodes=tuple(nodes))


def _runnable(plan: Plan, ids: list[str], stages: tuple[tuple[int, ...], ...], is_mixed: bool) -> RunnablePlan:
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
    return RunnablePlan(plan.version, nodes, (2 * longest_ms + RUN_MARGIN_MS) * 1_000_000, is_mixed)


def _longest_ms(node: RunnableNode) -> int:
    waits: int = 110 * (2 ** min(node.retries, 40) - 1)
    return (node.retries + 1) * (node.timeout_ms + STOP_MARGIN_MS) + waits
