"""`pipedreamer validate`."""

import json
from typing import Any

import pytest

BROKEN = """\
name: Broken
version: 1.0
triggers: [{type: manual}]
nodes:
  first: {path: nodes/first.py}
  second: {path: nodes/secnd.py}
edges:
  - {from: first, to: secnd}
surprise: 1
"""


@pytest.fixture
def broken(person: Any) -> Any:
    nodes = person.folder / "flow" / "nodes"
    nodes.mkdir(parents=True)
    (nodes / "first.py").write_text("def run(ctx, input):\n    return input\n")
    (nodes / "second.py").write_text("def run(ctx, input):\n    return input\n")
    (person.folder / "flow" / "workflow.yaml").write_text(BROKEN)
    return person


def test_every_problem_is_a_line_with_its_place_from_here_and_the_count_comes_last(broken: Any) -> None:
    done = broken.run("validate", "flow")
    assert done.returncode == 1
    assert done.stdout == ""
    *lines, counted = done.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["flow/workflow.yaml:1:7", "error"],
        ["flow/workflow.yaml:6:18", "error"],
        ["flow/workflow.yaml:8:23", "error"],
        ["flow/workflow.yaml:9:1", "warning"],
    ]
    assert "(did you mean nodes/second.py?)" in lines[1]
    assert counted == "3 errors, 1 warning"


def test_paths_are_those_of_the_folder_one_stands_in(broken: Any) -> None:
    done = broken.run("validate", folder=broken.folder / "flow")
    assert done.stderr.startswith("workflow.yaml:1:7: error: ")
    whole = broken.run("validate", str(broken.folder / "flow"))
    assert whole.stderr.startswith("flow/workflow.yaml:1:7: error: ")


def test_problems_are_one_json_document(broken: Any) -> None:
    done = broken.run("validate", "flow", "-o", "json")
    assert done.returncode == 1
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["ok"] is False
    assert [problem["line"] for problem in document["problems"]] == [1, 6, 8, 9]
    assert set(document["problems"][0]) == {"file", "line", "column", "message", "suggestion", "severity"}


def test_a_good_workflow_shows_its_stages(person: Any) -> None:
    person.run("init", "my-flow")
    done = person.run("validate", "my-flow")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("my-flow 1.0 is valid\nStage 1: [hello]")


def test_a_warning_is_told_and_does_not_fail(person: Any) -> None:
    person.run("init", "my-flow")
    file = person.folder / "my-flow" / "workflow.yaml"
    file.write_text(file.read_text() + "surprise: 1\n")
    done = person.run("validate", "my-flow")
    assert done.returncode == 0
    assert done.stdout.startswith("my-flow 1.0 is valid\n")
    assert done.stderr.splitlines()[-1] == "1 warning"


def test_the_file_itself_may_be_named(person: Any) -> None:
    person.run("init", "my-flow")
    assert person.run("validate", "my-flow/workflow.yaml").returncode == 0


def test_yaml_that_cannot_be_read_is_one_problem_with_its_line(person: Any) -> None:
    (person.folder / "workflow.yaml").write_text("name: flow\nnodes: [a, b\nedges: []\n")
    done = person.run("validate")
    assert done.returncode == 1
    assert done.stderr.startswith("workflow.yaml:")
    assert done.stderr.splitlines()[-1] == "1 error"
    assert "Traceback" not in done.stderr


def test_a_folder_without_workflow_yaml_says_what_makes_one(person: Any) -> None:
    done = person.run("validate")
    assert done.returncode == 1
    assert done.stderr.startswith("workflow.yaml: error: ")
    assert "pipedreamer init" in done.stderr


def test_a_folder_that_is_not_there_is_wrong_use_with_the_nearest_name(person: Any) -> None:
    (person.folder / "my-flow").mkdir()
    done = person.run("validate", "my-flw")
    assert done.returncode == 2
    assert done.stderr == (
        "error: there is no folder my-flw (did you mean my-flow?); `pipedreamer init NAME` makes a new one\n"
    )


def test_a_file_is_not_a_folder(person: Any) -> None:
    (person.folder / "notes.txt").write_text("")
    done = person.run("validate", "notes.txt")
    assert done.returncode == 2
    assert done.stderr == "error: notes.txt is not a folder; give the folder that holds workflow.yaml\n"
