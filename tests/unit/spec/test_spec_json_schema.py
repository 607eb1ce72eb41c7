"""The JSON Schema for editors says what the parser says, and the manual knows every field."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipedreamer.spec import json_schema, read
from pipedreamer.spec.block import Block, Variants
from pipedreamer.spec.fields import WORKFLOW
from pipedreamer.spec.kind import Kind

MANUAL = Path(__file__).parents[3] / "docs" / "workflow-yaml.md"
VALIDATOR = jsonschema_rs.validator_for(json_schema(), offline=True)

VALID: dict[str, Any] = {
    "name": "my-flow",
    "version": "1.0",
    "triggers": [{"type": "manual"}, {"type": "cron", "schedule": "0 9 * * *", "timezone": "UTC", "name": "daily"}],
    "nodes": {"a": {"path": "a.py", "timeout": "30s", "retries": 1, "capabilities": {"x": "y"}}, "b": {"path": "b.ts"}},
    "edges": [{"from": "a", "to": "b"}],
    "config": {"timeout": "5m", "retries": 0, "rerun_interrupted": False, "anything": [None, 1.5]},
    "input": {"type": "object"},
    "permissions": {"net": ["a:1"], "read": ["/a"], "env": ["TZ"], "memory": "256Mi", "inject": ["github"]},
    "deployment": {"replicas": 2, "record": {"volume": "1Gi"}, "env": {"A": 1}},
}


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """`VALID` with the value at a path replaced."""
    document = copy.deepcopy(VALID)
    here: Any = document
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = to
    return document


def accepted(document: Any) -> tuple[bool, bool]:
    """Whether the schema and whether the parser accepts a document."""
    return VALIDATOR.is_valid(document), read(json.dumps(document)).workflow is not None


ACCEPTED = [
    ("a version as a number", changed("version", to=1.5)),
    ("a name that YAML reads as a truth value", changed("name", to=True)),
    ("a description as a number", changed("description", to=3)),
    ("a section left empty", changed("edges", to=None)),
    ("an optional text left empty", changed("triggers", 1, "name", to=None)),
    ("an unknown key", changed("owner", to={"a": 1})),
    ("an unknown key in a node", changed("nodes", "a", "owner", to=[1])),
    ("a field of another trigger type", changed("triggers", 0, "subject", to=3)),
    ("an input path", changed("input", to="in.json")),
    ("an input that is true", changed("input", to=True)),
    ("no network", changed("permissions", "net", to="none")),
    ("no permissions at all", changed("permissions", to={})),
    ("a host that YAML reads as a truth value", changed("permissions", "net", to=[True, "*.a.b"])),
    ("memory in bytes", changed("permissions", "memory", to=268435456)),
    ("an ephemeral record", changed("deployment", "record", to="ephemeral")),
]

REFUSED = [
    ("no name", {key: value for key, value in VALID.items() if key != "name"}),
    ("no version", {key: value for key, value in VALID.items() if key != "version"}),
    ("no triggers", {key: value for key, value in VALID.items() if key != "triggers"}),
    ("no nodes", {key: value for key, value in VALID.items() if key != "nodes"}),
    ("a bad name", changed("name", to="My Flow")),
    ("a bad version", changed("version", to="1")),
    ("an empty list of triggers", changed("triggers", to=[])),
    ("no node", changed("nodes", to={})),
    ("a bad id", changed("nodes", "Bad", to={"path": "a.py"})),
    ("a node without a path", changed("nodes", "a", to={})),
    ("a node that is text", changed("nodes", "a", to="a.py")),
    ("an unknown trigger type", changed("triggers", 0, "type", to="crom")),
    ("a trigger without a type", changed("triggers", 0, to={})),
    ("a cron trigger without a schedule", changed("triggers", 0, "type", to="cron")),
    ("a queue trigger without a subject", changed("triggers", 0, "type", to="queue")),
    ("a webhook without a path", changed("triggers", 0, "type", to="webhook")),
    ("an edge without an end", changed("edges", 0, to={"from": "a"})),
    ("an edge to a list", changed("edges", 0, "to", to=["b"])),
    ("a timeout without a unit", changed("config", "timeout", to="30")),
    ("a timeout that is a number", changed("config", "timeout", to=30)),
    ("negative retries", changed("config", "retries", to=-1)),
    ("retries in quotes", changed("nodes", "a", "retries", to="3")),
    ("a truth value that is text", changed("config", "rerun_interrupted", to="no")),
    ("empty permissions", changed("permissions", to=None)),
    ("an unknown word for the network", changed("permissions", "net", to="all")),
    ("memory that is none", changed("permissions", "memory", to="much")),
    ("memory in thousandths of a byte", changed("permissions", "memory", to="256m")),
    ("an unknown permission", changed("permissions", "nets", to="any")),
    ("a host that is a list", changed("permissions", "net", to=[["a"]])),
    ("a relative path", changed("permissions", "read", to=["data"])),
    ("a path that is no list", changed("permissions", "write", to="/data")),
    ("a variable with a value", changed("permissions", "env", to=["TZ=UTC"])),
    ("a bad quantity", changed("deployment", "record", to={"volume": "much"})),
    ("an environment variable that is a list", changed("deployment", "env", "A", to=[])),
    ("replicas in words", changed("deployment", "replicas", to="two")),
]


def test_the_schema_is_itself_a_valid_schema_of_2020_12() -> None:
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(json_schema())


@pytest.mark.parametrize(("case", "document"), [("the whole", VALID), *ACCEPTED])
def test_schema_and_parser_accept(case: str, document: Any) -> None:
    assert accepted(document) == (True, True), case


@pytest.mark.parametrize(("case", "document"), REFUSED)
def test_schema_and_parser_refuse(case: str, document: Any) -> None:
    assert accepted(document) == (False, False), case


def properties(schema: Any) -> Iterator[str]:
    """Every field name that a schema gives a meaning to."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def fields(kind: Kind) -> Iterator[str]:
    """Every field name that the parser knows, found by walking its table."""
    if isinstance(kind, Block):
        for field in kind.fields:
            yield field.name
            yield from fields(field.kind)
    elif isinstance(kind, Variants):
        for field in (kind.tag, *kind.shared, *(field for own in kind.variants.values() for field in own)):
            yield field.name
            yield from fields(field.kind)
    else:
        for part in vars(kind).values():
            if isinstance(part, Kind):
                yield from fields(part)


def test_the_schema_has_the_fields_of_the_parser_and_no_others() -> None:
    assert {"name", "schedule", "from", "rerun_interrupted", "clusterRole"} <= set(fields(WORKFLOW))
    assert set(properties(json_schema())) == set(fields(WORKFLOW))


def test_the_manual_names_every_field_of_the_schema() -> None:
    manual = MANUAL.read_text(encoding="utf-8")
    assert sorted(name for name in set(properties(json_schema())) if f"`{name}`" not in manual) == []


def test_every_example_of_the_manual_is_read_without_a_word() -> None:
    needed = {
        "name": "name: a\n",
        "version": "version: 1.0\n",
        "triggers": "triggers: [{type: manual}]\n",
        "nodes": "nodes: {fetch: {path: a.py}, report: {path: b.py}}\n",
    }
    pages = MANUAL.read_text(encoding="utf-8") + MANUAL.with_name("permissions.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", pages, re.DOTALL)
    assert len(examples) >= 15
    for example in examples:
        added = "".join(line for key, line in needed.items() if not re.search(rf"^{key}:", example, re.MULTILINE))
        assert read(example + added).problems == (), example


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["a", "b", "1.0", "30s", "any", "a.py", "cron", "x y", "/a", "64Mi"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "path", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = [
    ("name",), ("version",), ("description",), ("triggers",), ("triggers", 1), ("triggers", 1, "name"),
    ("nodes",), ("nodes", "a"), ("nodes", "a", "retries"), ("nodes", "a", "capabilities"), ("edges",), ("edges", 0),
    ("edges", 0, "to"), ("config",), ("config", "timeout"), ("input",), ("permissions",), ("permissions", "net"),
    ("permissions", "read"), ("permissions", "env"), ("permissions", "memory"), ("permissions", "inject"),
    ("deployment",), ("deployment", "record"), ("deployment", "env"), ("deployment", "rbac"),
]  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.sampled_from(PATHS), VALUES)
def test_the_schema_accepts_whatever_the_parser_accepts(path: tuple[str | int, ...], value: Any) -> None:
    schema_accepts, parser_accepts = accepted(changed(*path, to=value))
    assert schema_accepts or not parser_accepts
