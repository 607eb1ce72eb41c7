"""The record of a workflow that is served: opened where it belongs, and put between the engine and its workers."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from pipedreamer.engine.history.history import History
from pipedreamer.engine.schema import InputSchema
from pipedreamer.errors import RecordError
from pipedreamer.project import Project, digest
from pipedreamer.record import Limits, Retention, Store, open_store
from pipedreamer.runtime.live import LiveWorkflow
from pipedreamer.runtime.recording.durable import DurableRuns
from pipedreamer.runtime.recording.facts import LiveFacts
from pipedreamer.runtime.recording.figures import RecordWatch
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.recorded import Recorded
from pipedreamer.runtime.recording.writer import Writer

PLACE: Final = Path(".pipedreamer", "record", "runs.db")
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeps the runs of a live workflow."""

    store: Store
    executor: Recorded
    figures: RecordWatch
    durable: DurableRuns
    facts: LiveFacts
    lines: RunLines


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: where runs are kept (None for the folder's own place), for how long, and how."""

    place: str | None = None
    keep: Retention = field(default_factory=Retention)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs are to be kept, "" for nowhere; what `is_asked_for` is an error where it cannot be had."""

    address: str
    is_asked_for: bool
    keep: Retention
    limits: Limits


def place_for(wanted: Wanted, folder: Path, warn: Callable[[str], None]) -> Place:
    """The place that was asked for, or the folder's own.

    That is made before the folder is read: what nodes may not see of it is decided then.
    """
    address, is_asked_for = wanted.place, wanted.place is not None
    if address is None:
        try:
            address = str(_own_place(folder))
        except OSError as error:
            warn(f"runs are not kept: {error}; --record names another place")
            address = NONE
    return Place("" if address == NONE else address, is_asked_for, wanted.keep, wanted.limits)


@asynccontextmanager
async def recording(
    place: Place, live: LiveWorkflow, lines: RunLines, at_once: int, warn: Callable[[str], None]
) -> AsyncIterator[Kept | None]:
    """The record at this place; `at_once` durable runs are under way together."""
    async with AsyncExitStack() as stack:
        kept = None
        if place.address:
            try:
                kept = await stack.enter_async_context(_opened(place, live, lines, at_once, warn))
            except (RecordError, OSError) as error:
                if place.is_asked_for:
                    raise
                warn(f"runs are not kept: {error}; --record names another place")
        yield kept


def history(live: LiveWorkflow, kept: Kept) -> History:
    """What the engine shows of the runs."""
    plan, schema = live.project.plan, live.project.input_schema
    return History(
        workflow=live.project.workflow.name,
        store=kept.store,
        durable=kept.durable,
        running=kept.executor.running,
        under_way=kept.executor.under_way,
        events=kept.lines.events,
        unsaid=kept.lines.pending,
        cancel=kept.executor.cancel,
        masked=lambda value: kept.facts().mask.json(kept.facts().references.masked(value)),
        restored=lambda value: kept.facts().references.restore(value),
        nodes={node: plan.parents[node] for stage in plan.stages for node in stage},
        after=_after(plan.parents),
        fits=InputSchema(schema).check if schema is not None else lambda _, __: None,
        traces=live.traces,
    )


def about(project: Project, kept: Kept | None) -> dict[str, Any]:
    """A workflow's plan, for those who look at it."""
    workflow, plan = project.workflow, project.plan
    nodes = [
        {
            "id": name,
            "file": str(project.node_files[name].relative_to(project.root)),
            "language": project.language(name),
            "timeoutMs": plan.nodes[name].timeout_ms,
            "retries": plan.nodes[name].retries,
            "parents": list(plan.parents[name]),
        }
        for stage in plan.stages
        for name in stage
    ]
    return {
        "name": workflow.name,
        "version": workflow.version,
        "description": workflow.description,
        "digest": kept.facts().code.code if kept is not None else digest(project),
        "triggers": [
            {name: value for name, value in msgspec.structs.asdict(trigger).items() if value is not None}
            for trigger in workflow.triggers
        ],
        "nodes": nodes,
        "stages": [list(stage) for stage in plan.stages],
    }


@asynccontextmanager
async def _opened(
    place: Place, live: LiveWorkflow, lines: RunLines, at_once: int, warn: Callable[[str], None]
) -> AsyncIterator[Kept]:
    engine = f"process {os.getpid()} on {socket.gethostname()}"
    store = open_store(place.address, place.limits)
    unkept = None if place.is_asked_for else warn
    async with Writer(store, live.project.workflow.name, engine, unkept, say=warn, keep=place.keep) as writer:
        facts = LiveFacts(live, await store.seal())
        executor = Recorded(live.session, writer, lines, facts)
        durable = DurableRuns(live.session, writer, lines, facts, at_once, warn, executor.names)
        await durable.look()
        keeping = asyncio.create_task(durable.keep())
        try:
            yield Kept(store, executor, RecordWatch(store, writer), durable, facts, lines)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await durable.close()


def _own_place(folder: Path) -> Path:
    """The folder's own record, which git is told to leave alone."""
    place = folder.resolve() / PLACE
    place.parent.mkdir(parents=True, exist_ok=True)
    ignore = place.with_name(".gitignore")
    if not ignore.exists():
        with suppress(OSError):
            ignore.write_text("*\n")
    return place


def _after(parents: dict[str, tuple[str, ...]]) -> Callable[[str], frozenset[str]]:
    def after(name: str) -> frozenset[str]:
        found, size = {name}, 0
        while len(found) != size:
            size = len(found)
            found |= {node for node, above in parents.items() if not found.isdisjoint(above)}
        return frozenset(found)

    return after
