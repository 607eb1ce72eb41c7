"""The block that is printed is YAML, and is read back as what was meant."""

import pytest

from pipedreamer.cli.observed_block import block_data, block_text
from pipedreamer.runtime.observing import Reason
from pipedreamer.spec import Destination, Permissions, read

FRAME = 'name: flow\nversion: "1.0"\ntriggers: [{type: manual}]\nnodes: {a: {path: ./a.py}}\n'
MEBIBYTE = 1024 * 1024


def reason(line: str, entry: str) -> Reason:
    return Reason(["a"], "nodes/a.py:3", "")


def test_entries_stand_in_lines_of_their_own_with_who_asked() -> None:
    block = Permissions(
        net=(Destination("api.github.com", 443),), read=("/data",), memory=64 * MEBIBYTE, secrets=("x",), declared=True
    )
    assert block_text(block, reason, 3 * MEBIBYTE - 1).splitlines() == [
        "permissions:",
        "  net:",
        "    - api.github.com:443  # a (nodes/a.py:3)",
        "  read:",
        "    - /data               # a (nodes/a.py:3)",
        "  memory: 64Mi            # the most that was seen: 3Mi",
        "  secrets:",
        "    - x                   # a (nodes/a.py:3)",
    ]


def test_nothing_at_all_is_said_to_be() -> None:
    block = Permissions(net=(), read=(), memory=64 * MEBIBYTE, secrets=(), declared=True)
    assert block_text(block, reason, 0).splitlines() == [
        "permissions:",
        "  net: none",
        "  memory: 64Mi  # the most that was seen: 0Mi",
        "  secrets: []",
    ]
    assert block_data(block)["net"] == "none"


@pytest.mark.parametrize(
    "block",
    [
        Permissions(net=(), read=(), secrets=()),
        Permissions(
            net=(Destination("10.1.2.3", 5432), Destination("2001:db8::1", 443), Destination("a.b-c.com", 8443)),
            read=("/data/with space/a#b: c", "/data/x,y"),
            write=("/out/'q\"",),
            env=("NO", "TZ", "n"),
            secrets=("1", "1.5", "a: b", "null", "über", "- x"),
            inject=("x#y", "yes", "*", "x # y"),
        ),
    ],
    ids=["empty", "odd names"],
)
def test_what_is_printed_is_read_back_the_same(block: Permissions) -> None:
    reading = read((FRAME + block_text(block, reason, 0) + "\n").encode(), "workflow.yaml")
    assert reading.workflow is not None, reading
    found = reading.workflow.permissions
    for line in ("net", "read", "write", "env", "memory", "secrets", "inject"):
        assert set_of(getattr(found, line)) == set_of(getattr(block, line))


def set_of(value: object) -> object:
    return set(value) if isinstance(value, tuple) else value


def test_many_nodes_are_counted() -> None:
    many = Reason(["a", "b", "c", "d", "e"], "", "ctx.fetch")
    block = Permissions(net=(Destination("a.com", 443),), read=(), secrets=(), declared=True)
    assert "- a.com:443  # a, b, c and 2 more: ctx.fetch" in block_text(block, lambda *_: many, 0)
