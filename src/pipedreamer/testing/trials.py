"""Which tests there are: one a fixture, one for each node that has none, one for each file that is not right."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pipedreamer.errors import FixtureError
from pipedreamer.testing.absence import ABSENT
from pipedreamer.testing.fixture import FIXTURES, Fixture, fixture_files, read_fixture
from pipedreamer.testing.mocks import Mocks
from pipedreamer.testing.opening import Subject, unknown_node
from pipedreamer.testing.ownership import PIPELINE, orphan_message, owner_of

NO_FIXTURES: Final = "no fixtures"
ORPHANS: Final = "-"
"""Stands where a node's id would, for fixtures that belong to none."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One test: of a node, or (`node` None) of the whole workflow; with a `trouble` it has failed before it begins.

    `label` is how the node is called in reports, `name` the fixture's file, or `no fixtures`.
    """

    label: str
    name: str
    fixture: Fixture | None = None
    node: str | None = field(default=None, kw_only=True)
    trouble: str = field(default="", kw_only=True)


def node_trials(subject: Subject, only: str | None = None) -> tuple[Trial, ...]:
    """The tests of all nodes in the order of the plan, or those of one; a node that is not there is a failed test."""
    if only is not None and only not in subject.node_ids:
        return (Trial(only, "", trouble=unknown_node(only, subject)),)
    files = _by_owner(subject)
    nodes = [only] if only else [node_id for stage in subject.project.plan.stages for node_id in stage]
    trials = [trial for node_id in nodes for trial in _of_node(node_id, subject, files.get(node_id, ()))]
    if only is None:
        orphans = files.get(None, ())
        trials += [Trial(ORPHANS, path.name, trouble=_orphan(path, subject)) for path in orphans]
    return tuple(trials)


def pipeline_trials(subject: Subject) -> tuple[Trial, ...]:
    """The tests of the whole workflow: its own fixtures, or one run with `{}`."""
    if PIPELINE in subject.node_ids:
        files: tuple[Path, ...] = ()
    else:
        files = tuple(_by_owner(subject).get(PIPELINE, ()))
    trials = tuple(_checked(_read(PIPELINE, None, path), subject) for path in files)
    return trials or (Trial(PIPELINE, NO_FIXTURES, Fixture(NO_FIXTURES, b"{}", ABSENT, Mocks())),)


def _of_node(node_id: str, subject: Subject, files: Iterable[Path]) -> Iterator[Trial]:
    trouble = subject.broken.get(node_id, "")
    if trouble:
        names = [path.name for path in files] or [NO_FIXTURES]
        yield from (Trial(node_id, name, trouble=trouble) for name in names)
        return
    trials = [_read(node_id, node_id, path) for path in files]
    yield from trials or [Trial(node_id, NO_FIXTURES)]


def _read(label: str, node_id: str | None, path: Path) -> Trial:
    try:
        return Trial(label, path.name, read_fixture(path), node=node_id)
    except FixtureError as error:
        return Trial(label, path.name, trouble=str(error))


def _checked(trial: Trial, subject: Subject) -> Trial:
    """A fixture of the whole workflow expects `{node: output}`."""
    expected = ABSENT if trial.fixture is None else trial.fixture.expected
    if expected is ABSENT:
        return trial
    path = subject.folder / FIXTURES / trial.name
    if not isinstance(expected, dict):
        trouble = f'{path}: "expected" of the whole workflow is an object of nodes and what they return'
        return replace(trial, trouble=trouble)
    unknown = next((node_id for node_id in expected if node_id not in subject.node_ids), None)
    return trial if unknown is None else replace(trial, trouble=f"{path}: expected: {unknown_node(unknown, subject)}")


def _by_owner(subject: Subject) -> dict[str | None, list[Path]]:
    found: dict[str | None, list[Path]] = {}
    for path in fixture_files(subject.folder):
        found.setdefault(owner_of(path.name, subject.node_ids), []).append(path)
    return found


def _orphan(path: Path, subject: Subject) -> str:
    return f"{path}: {orphan_message(path.name, subject.node_ids)}"
