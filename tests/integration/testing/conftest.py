"""`pipedreamer test` without the command line: a folder's tests, run in real worker processes."""

import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.testing.observing import Observation
from pipedreamer.testing.opening import open_subject
from pipedreamer.testing.outcome import Outcome
from pipedreamer.testing.suite import Live, Suite
from pipedreamer.testing.trials import node_trials, pipeline_trials

RunTests = Callable[..., Awaitable[list[Outcome]]]
Observe = Callable[..., Awaitable[tuple[Observation, Outcome]]]


@pytest.fixture
def write_tested(write_workflow: Any) -> Callable[..., Path]:
    """`write_tested({"a": source}, {"a-1": {"input": 1}}, edges, extra)` -> a folder with nodes and fixtures."""

    def write(nodes: dict[str, str], fixtures: dict[str, Any], **more: Any) -> Path:
        files = {f"tests/fixtures/{name}.json": json.dumps(value) for name, value in fixtures.items()}
        folder: Path = write_workflow(nodes, files={**files, **more.pop("files", {})}, **more)
        return folder

    return write


@pytest.fixture
def run_tests() -> RunTests:
    async def run(
        folder: Path, only: str | None = None, *, whole: bool = False, live: Live | None = None
    ) -> list[Outcome]:
        subject = open_subject(folder)
        trials = pipeline_trials(subject) if whole else node_trials(subject, only)
        async with aclosing(Suite(subject=subject, live=live).run(trials)) as outcomes:
            return [outcome async for outcome in outcomes]

    return run


@pytest.fixture
def run_one(run_tests: RunTests, write_tested: Callable[..., Path]) -> Callable[..., Awaitable[Outcome]]:
    """`run_one(source, fixture)` -> the outcome of the one test of a workflow of one node `a`."""

    async def run(source: str, fixture: dict[str, Any], **more: Any) -> Outcome:
        (outcome,) = await run_tests(write_tested({"a": source}, {"a": fixture}, **more))
        return outcome

    return run


@pytest.fixture
def observe(write_workflow: Any) -> Observe:
    """`await observe(source, fixture, extra_yaml)` -> the observation of one node `n`, and how its test went.

    `name` is `n.ts` for a source in TypeScript.
    """

    async def observed(
        source: str, fixture: str = "{}", extra: str = "", name: str = "n"
    ) -> tuple[Observation, Outcome]:
        files = {"tests/fixtures/n.json": fixture}
        subject = open_subject(write_workflow({name: source}, extra=extra, files=files))
        observation = Observation(subject)
        (outcome,) = [outcome async for outcome in observation.fixtures(node_trials(subject))]
        return observation, outcome

    return observed


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text(str(number))
    return folder
