"""`pipedreamer visualize` and `pipedreamer schema`."""

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
import yaml


@pytest.fixture
def flow(person: Any) -> Any:
    person.run("init", "my-flow")
    return person


@pytest.mark.parametrize(
    ("drawing", "beginning"),
    [("mermaid", "graph TD\n"), ("dot", "digraph"), ("svg", "<svg"), ("html", "<!doctype html>")],
)
def test_each_format_is_printed(flow: Any, drawing: str, beginning: str) -> None:
    done = flow.run("visualize", "my-flow", "--format", drawing)
    assert done.returncode == 0
    assert done.stdout.startswith(beginning)
    assert "hello" in done.stdout


def test_mermaid_is_drawn_when_nothing_else_is_asked_for(flow: Any) -> None:
    assert flow.run("visualize", "my-flow").stdout == flow.run("visualize", "my-flow", "--format", "mermaid").stdout


def test_a_drawing_is_written_to_a_file(flow: Any) -> None:
    done = flow.run("visualize", "my-flow", "--format", "svg", "--out", "flow.svg")
    assert done.stdout == "wrote flow.svg\n"
    assert ElementTree.parse(flow.folder / "flow.svg").getroot().tag.endswith("svg")  # noqa: S314 - our own drawing


def test_a_file_that_cannot_be_written_is_one_line(flow: Any) -> None:
    done = flow.run("visualize", "my-flow", "--out", "no/such/folder.svg")
    assert done.returncode == 1
    why = "No such file or directory; make its folder first"
    assert done.stderr == f"error: no/such/folder.svg cannot be written: {why}\n"


def test_a_drawing_is_part_of_the_json_document(flow: Any) -> None:
    document = json.loads(flow.run("visualize", "my-flow", "-o", "json").stdout)
    assert document["format"] == "mermaid"
    assert document["drawing"].startswith("graph TD\n")


def test_an_unknown_format_names_the_known_ones(flow: Any) -> None:
    done = flow.run("visualize", "my-flow", "--format", "png")
    assert done.returncode == 2
    assert "'png' is none of mermaid, dot, svg, html" in done.stderr


def test_a_broken_workflow_is_not_drawn(flow: Any) -> None:
    (flow.folder / "my-flow" / "nodes" / "hello.py").unlink()
    done = flow.run("visualize", "my-flow", "--out", "flow.mmd")
    assert done.returncode == 1
    assert done.stderr.startswith("my-flow/workflow.yaml:")
    assert not (flow.folder / "flow.mmd").exists()


@pytest.mark.parametrize("words", [[], ["-o", "json"]])
def test_the_schema_accepts_the_workflow_that_init_makes(flow: Any, words: list[str]) -> None:
    schema = json.loads(flow.run("schema", *words).stdout)
    workflow = yaml.safe_load((flow.folder / "my-flow" / "workflow.yaml").read_text())
    validator = jsonschema_rs.validator_for(schema)
    assert validator.is_valid(workflow)
    assert not validator.is_valid({**workflow, "nodes": []})


def test_the_schema_is_written_to_a_file(flow: Any) -> None:
    done = flow.run("schema", "--out", "schema.json")
    assert done.stdout == "wrote schema.json\n"
    assert (flow.folder / "schema.json").read_text() == flow.run("schema").stdout
