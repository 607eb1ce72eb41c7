"""`pipedreamer permissions`, and what the program says of a block that is wrong."""

import json
from typing import Any

import pytest

BLOCK = """\
permissions:
  net: [API.github.com, "*.example.com:8443"]
  secrets: [slack]
  inject: [github]
"""


@pytest.fixture
def flow(person: Any) -> Any:
    person.run("init", "my-flow")
    return person


def write_block(person: Any, block: str) -> None:
    with (person.folder / "my-flow" / "workflow.yaml").open("a") as file:
        file.write(block)


def test_a_workflow_without_a_block_has_the_defaults(flow: Any) -> None:
    done = flow.run("permissions", "my-flow")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("my-flow 1.0: what its nodes may reach (no permissions block: the defaults)\n")


def test_a_block_is_shown_and_no_secret_is_looked_for(flow: Any) -> None:
    write_block(flow, BLOCK)
    (flow.folder / "my-flow" / ".secrets.yaml").write_text("broken: [\n")
    done = flow.run("permissions", folder=flow.folder / "my-flow")
    assert done.returncode == 0
    assert "  network      api.github.com:443\n               *.example.com:8443  any name below" in done.stdout
    assert "  secrets      slack\n               only for ctx.fetch, never seen by a node: github\n" in done.stdout


def test_programs_get_a_document(flow: Any) -> None:
    write_block(flow, BLOCK)
    assert json.loads(flow.run("permissions", "my-flow", "-o", "json").stdout) == {
        "ok": True,
        "workflow": "my-flow",
        "version": "1.0",
        "declared": True,
        "net": ["api.github.com:443", "*.example.com:8443"],
        "read": [],
        "write": [],
        "env": [],
        "memory": 268435456,
        "secrets": ["slack"],
        "inject": ["github"],
        "subprocesses": False,
    }


@pytest.mark.parametrize("command", ["permissions", "validate", "serve", "run"])
def test_a_wrong_block_stops_every_command_with_all_that_is_wrong(flow: Any, command: str) -> None:
    lines = (flow.folder / "my-flow" / "workflow.yaml").read_text().count("\n")
    write_block(flow, 'permissions:\n  nett: any\n  net: ["https://x/y"]\n  read: [/proc]\n  write: [/]\n')
    done = flow.run(command, "my-flow")
    assert done.returncode == 1
    assert done.stdout == ""
    file = "my-flow/workflow.yaml"
    assert done.stderr == (
        f'{file}:{lines + 2}:3: error: permissions has an unknown key "nett" (did you mean "net"?)\n'
        f'{file}:{lines + 3}:9: error: permissions.net[0] "https://x/y" is a URL, and hosts are named here '
        "(write x:443)\n"
        f'{file}:{lines + 4}:10: error: permissions.read[0] "/proc" is /proc, which shows other processes and what '
        "they hold (nodes do without it; remove it)\n"
        f'{file}:{lines + 5}:11: error: permissions.write[0] "/" is the whole machine, with the engine and all '
        "secrets (name the folders that are needed)\n"
        "4 errors\n"
    )
