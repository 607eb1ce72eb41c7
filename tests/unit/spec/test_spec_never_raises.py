"""Whatever stands in the file, `read` gives problems and `load` raises `SpecError`, never anything else."""

from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipedreamer.errors import SpecError
from pipedreamer.spec import load, read
from pipedreamer.spec.compose import compose
from pipedreamer.spec.findings import Findings

PIECES = [
    "name: ", "version: ", "triggers: ", "nodes: ", "edges: ", "config: ", "input: ", "permissions: ", "deployment: ",
    "type: ", "cron", "schedule: ", "path: ", "timeout: ", "retries: ", "from: ", "to: ", "$ref: ", "pattern: ",
    "net: ", "a", "1.0", "30s", "* * * * *", "0x", "1e999", ".nan", "yes", "~", "x.py", "../", "\\", "#/$defs/a",
    "http://a", "- ", ": ", "? ", "[", "]", "{", "}", ",", "\n", "\n  ", "\n    ", " ", "\t", "'", '"', "|", ">", "%",
    "@", "`", "#", "&a ", "*a", "<<: ", "!", "!!str ", "!!python/name:os.system ", "---\n", "...\n", "\0", "\ufeff",
    "\u2028", "\x85", "é", "\ud800", "\r\n", "\\x00", "\\ud800", "5L", "1#9", "@every", "99999999999999999999",
    "read: ", "memory: ", "*.a.b:1", "[::1]:1", "10.0.0.0/8", "/a/..b",
]  # fmt: skip
SETTINGS = settings(derandomize=True, deadline=None, max_examples=200)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(PIECES[:30])
KEYS = st.sampled_from([piece.removesuffix(": ") for piece in PIECES[:20]]) | st.text(max_size=6)
STRUCTURES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


def check(source: bytes | str) -> None:
    """`read` and `load` agree, and every problem is one printable line with a place."""
    reading = read(source)
    has_errors = any(problem.severity == "error" for problem in reading.problems)
    assert (reading.workflow is None) == has_errors
    for problem in reading.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert str(problem).isprintable()
    assert reading.problems == tuple(sorted(reading.problems))
    assert reading.locate("nodes", "a", 0) >= (1, 1)
    if has_errors:
        with pytest.raises(SpecError) as raised:
            load(source)
        assert raised.value.problems == reading.problems
    else:
        assert load(source) == reading.workflow


@SETTINGS
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"a: \x00")
def test_no_soup_of_bytes_makes_it_raise(source: bytes) -> None:
    check(source)


@SETTINGS
@given(st.text(max_size=200))
@example("\ud800")
def test_no_text_makes_it_raise(source: str) -> None:
    check(source)


@settings(SETTINGS, max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@example('a: "\\U00110000"')
@example("%YAML 1." + "1" * 5000 + "\n---\na")
def test_no_text_that_looks_like_yaml_makes_it_raise(source: str) -> None:
    check(source)
    out = Findings("f")
    compose(source, out, yaml.SafeLoader)  # where libyaml is not there


@settings(SETTINGS, max_examples=250)
@given(STRUCTURES, st.booleans())
def test_no_structure_makes_it_raise(structure: Any, flow: bool) -> None:
    check(yaml.safe_dump(structure, default_flow_style=flow, allow_unicode=True))


@settings(SETTINGS, max_examples=250)
@given(st.sampled_from(["triggers", "nodes", "edges", "config", "input", "permissions", "deployment"]), STRUCTURES)
def test_no_section_makes_it_raise(section: str, structure: Any) -> None:
    document = {"name": "a", "version": "1.0", "triggers": [{"type": "manual"}], "nodes": {"a": {"path": "a.py"}}}
    check(yaml.safe_dump(document | {section: structure}, sort_keys=False))


@settings(SETTINGS, max_examples=300)
@given(
    st.sampled_from(["net", "read", "write", "env", "memory", "secrets", "inject"]),
    st.text(max_size=40) | st.text("0123456789abx.:/[]*%-~KMi \u3002", max_size=20),
)
@example("net", "169\u3002254\u3002169\u3002254")
@example("net", "9" * 5000)
@example("memory", "1." + "1" * 5000)
def test_no_text_in_permissions_makes_it_raise(field: str, text: str) -> None:
    document = {"name": "a", "version": "1.0", "triggers": [{"type": "manual"}], "nodes": {"a": {"path": "a.py"}}}
    check(yaml.safe_dump(document | {"permissions": {field: text if field == "memory" else [text]}}))


@settings(SETTINGS, max_examples=50)
@given(st.integers(1, 50_000), st.sampled_from(["[", "{", "- ", "? ", "{a: ", "[a, ", "a:\n  "]))
def test_no_depth_makes_it_raise(depth: int, opening: str) -> None:
    check("config: " + opening * depth)
    check("\n".join(" " * level + "a:" for level in range(min(depth, 1000))))
