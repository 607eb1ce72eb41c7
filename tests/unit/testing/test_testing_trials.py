"""Which tests a folder has."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.errors import NodeLoadError, ProjectError, SpecError, UsageError
from pipedreamer.testing.opening import open_subject
from pipedreamer.testing.trials import node_trials, pipeline_trials

NODE = "def run(ctx, input):\n    return input\n"


def listed(folder: Path, only: str | None = None) -> list[tuple[str, str, bool]]:
    return [(t.label, t.name, bool(t.trouble)) for t in node_trials(open_subject(folder), only)]


def test_each_fixture_is_a_test_in_the_order_of_the_plan_and_nodes_without_one_are_told(write_workflow: Any) -> None:
    files = {f"tests/fixtures/{name}.json": "{}" for name in ("z-2", "z-1", "a")}
    folder = write_workflow({"a": NODE, "b": NODE, "z": NODE}, [("z", "a"), ("z", "b")], files=files)
    assert listed(folder) == [
        ("z", "z-1.json", False),
        ("z", "z-2.json", False),
        ("a", "a.json", False),
        ("b", "no fixtures", False),
    ]


def test_a_fixture_that_cannot_be_read_or_belongs_to_no_node_is_a_failed_test(write_workflow: Any) -> None:
    files = {"tests/fixtures/a.json": "{", "tests/fixtures/aa.json": "{}", "tests/fixtures/pipeline.json": "{"}
    folder = write_workflow({"a": NODE}, files=files)
    assert listed(folder) == [("a", "a.json", True), ("-", "aa.json", True)]
    assert 'did you mean "a"' in node_trials(open_subject(folder))[1].trouble


def test_one_node_alone_has_its_own_tests_only(write_workflow: Any) -> None:
    files = {f"tests/fixtures/{name}.json": "{}" for name in ("a", "b", "orphan")}
    folder = write_workflow({"a": NODE, "b": NODE}, files=files)
    assert listed(folder, "b") == [("b", "b.json", False)]


def test_a_node_that_is_not_there_is_a_failed_test_that_names_the_nearest(write_workflow: Any) -> None:
    subject = open_subject(write_workflow({"fetch": NODE}))
    (trial,) = node_trials(subject, "fetsh")
    assert trial.trouble == 'there is no node "fetsh" in flow (did you mean "fetch"?)'
    with pytest.raises(UsageError, match="did you mean"):
        subject.check_node("fetsh")


@pytest.mark.parametrize("source", ["def run(ctx, input:\n", "def ran(ctx, input): ...\n", None])
def test_a_node_whose_file_is_not_right_fails_alone(write_workflow: Any, source: str | None) -> None:
    folder = write_workflow({"a": NODE, "b": source or NODE}, files={"tests/fixtures/a.json": "{}"})
    if source is None:
        (folder / "nodes" / "b.py").unlink()
    assert listed(folder) == [("a", "a.json", False), ("b", "no fixtures", True)]
    subject = open_subject(folder)
    subject.check_node("a")
    with pytest.raises(NodeLoadError, match=r"b\.py"):
        subject.check_node("b")
    with pytest.raises(ProjectError):
        subject.check_all()


def test_two_nodes_of_one_broken_file_both_fail(write_workflow: Any) -> None:
    folder = write_workflow({"a": "def run(:\n", "b": NODE})
    spec = folder / "workflow.yaml"
    spec.write_text(spec.read_text().replace("nodes/b.py", "nodes/a.py"))
    assert [trouble for _, _, trouble in listed(folder)] == [True, True]


def test_a_workflow_yaml_that_is_wrong_is_no_matter_of_a_node(write_workflow: Any) -> None:
    folder = write_workflow({"a": NODE}, extra="config: {timeout: soon}\n")
    with pytest.raises(SpecError):
        open_subject(folder)


def test_an_input_schema_that_is_not_there_is_no_matter_of_a_node(write_workflow: Any) -> None:
    folder = write_workflow({"a": "def run(:\n"}, extra="input: schema.json\n")
    with pytest.raises(ProjectError):
        open_subject(folder)


def test_a_folder_without_a_workflow_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ProjectError):
            open_subject(folder)


def test_the_whole_workflow_is_run_with_an_empty_input_where_it_has_no_fixtures(write_workflow: Any) -> None:
    (trial,) = pipeline_trials(open_subject(write_workflow({"a": NODE}, files={"tests/fixtures/a.json": "{}"})))
    assert (trial.node, trial.name) == (None, "no fixtures")
    assert trial.fixture is not None
    assert trial.fixture.input == b"{}"


def test_the_whole_workflow_s_fixtures_begin_with_pipeline(write_workflow: Any) -> None:
    files = {f"tests/fixtures/{name}.json": "{}" for name in ("pipeline", "pipeline-2", "a")}
    trials = pipeline_trials(open_subject(write_workflow({"a": NODE}, files=files)))
    assert [(trial.node, trial.name) for trial in trials] == [(None, "pipeline-2.json"), (None, "pipeline.json")]


def test_a_node_named_pipeline_keeps_its_fixtures(write_workflow: Any) -> None:
    folder = write_workflow({"pipeline": NODE}, files={"tests/fixtures/pipeline.json": '{"input": 1}'})
    assert listed(folder) == [("pipeline", "pipeline.json", False)]
    (trial,) = pipeline_trials(open_subject(folder))
    assert (trial.node, trial.name) == (None, "no fixtures")


@pytest.mark.parametrize(
    ("expected", "message"),
    [("1", "an object of nodes"), ("null", "an object of nodes"), ('{"aa": 1}', 'no node "aa" .*did you mean "a"')],
)
def test_what_the_whole_workflow_is_to_return_is_given_by_node(
    write_workflow: Any, expected: str, message: str
) -> None:
    files = {"tests/fixtures/pipeline.json": f'{{"expected": {expected}}}'}
    (trial,) = pipeline_trials(open_subject(write_workflow({"a": NODE}, files=files)))
    assert re.search(message, trial.trouble)
