"""Running a node or a workflow from Python: what people's own tests call."""

import asyncio
from collections.abc import Callable, Coroutine
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, Unpack

from pipedreamer.project.packages import environment
from pipedreamer.runtime.assembly import Assembly, assemble
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.runtime.result import RunResult
from pipedreamer.testing.bench import Bench
from pipedreamer.testing.mock_broker import MockBroker
from pipedreamer.testing.mocks import Given, input_text, read_mocks
from pipedreamer.testing.opening import Subject, open_subject
from pipedreamer.testing.runs import (
    RUN_ID,
    NodeRun,
    WorkflowRun,
    check_input,
    mock_scene,
    node_assembly,
    node_run,
    workflow_run,
)

Folder = str | PathLike[str]
_T = TypeVar("_T")


async def run_node_async(folder: Folder, node: str, input: Any = None, **given: Unpack[Given]) -> NodeRun:  # noqa: A002
    """See `run_node`."""
    subject = open_subject(Path(folder))
    subject.check_node(node)
    text = input_text({} if input is None else input, "run_node")

    def one(site: Path | None) -> Assembly:
        return node_assembly(subject.project, node, site)

    return node_run(node, *await _run(subject, one, text, given))


async def run_workflow_async(folder: Folder, input: Any = None, **given: Unpack[Given]) -> WorkflowRun:  # noqa: A002
    """See `run_workflow`."""
    subject = open_subject(Path(folder))
    subject.check_all()
    text = input_text({} if input is None else input, "run_workflow")
    check_input(subject.project, text)

    def whole(site: Path | None) -> Assembly:
        return assemble(subject.project, site, jitter=False)

    return workflow_run(*await _run(subject, whole, text, given))


def run_node(folder: Folder, node: str, input: Any = None, **given: Unpack[Given]) -> NodeRun:  # noqa: A002
    """Run one node of a workflow folder once, in a worker process, with mocks around it.

    `input` is any JSON value (None is `{}`), `given` what a fixture may hold: config, secrets, fetch, files, k8s.
    A node that fails is a result whose `error` says why. Raises UsageError for an unknown node, FixtureError for mocks
    that make no sense, NodeLoadError for code that cannot be loaded, SpecError and ProjectError for the folder.
    """
    return _wait(run_node_async(folder, node, input, **given), "run_node")


def run_workflow(folder: Folder, input: Any = None, **given: Unpack[Given]) -> WorkflowRun:  # noqa: A002
    """Run a whole workflow folder once with mocks around it, with the timeouts and retries of its workflow.yaml.

    Arguments and errors are those of `run_node`; UsageError means an input that does not fit the workflow's schema.
    """
    return _wait(run_workflow_async(folder, input, **given), "run_workflow")


async def _run(
    subject: Subject, assembly: Callable[[Path | None], Assembly], text: bytes, given: Given
) -> tuple[RunResult, tuple[NodeLine, ...], MockBroker]:
    scene, broker = mock_scene(subject.project, read_mocks(given, "the mocks"))
    site = environment(subject.project.root)
    async with Bench(subject.project) as bench:
        result, _ = await bench.run(assembly(site), text, scene, RUN_ID)
        return result, tuple(bench.lines), broker


def _wait(running: Coroutine[Any, Any, _T], name: str) -> _T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(running)
    running.close()
    raise RuntimeError(f"an event loop is running here: write `await {name}_async(...)`")
