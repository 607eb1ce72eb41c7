"""The list of commands tells the truth, and the page about them leaves nothing out."""

import re
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.cli.commands import COMMANDS, load
from pipedreamer.cli.options import add_global_options
from pipedreamer.cli.program import root

PAGE = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
FOR_ALL = "Every command"


def sections(page: str) -> dict[str, str]:
    """The text under each heading of the second level."""
    _, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def flags(command: Any) -> set[str]:
    """Every spelling of every option, those of all commands left out."""
    own = {name for param in command.params for name in (*param.opts, *param.secondary_opts) if name.startswith("-")}
    return own - FLAGS_FOR_ALL


def undocumented(text: str, names: set[str]) -> set[str]:
    return {name for name in names if f"`{name}`" not in text and f"`{name} " not in text}


def _flags_for_all() -> set[str]:
    from typer.core import TyperCommand

    bare = TyperCommand("bare")
    add_global_options(bare)
    return {name for param in bare.params for name in param.opts} | {"--help", "-h"}


FLAGS_FOR_ALL = _flags_for_all()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_help_begins_with_the_line_in_the_list(name: str) -> None:
    assert (load(name).help or "").splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_has_a_help_text(name: str) -> None:
    assert [param.name for param in load(name).params if not getattr(param, "help", None)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_page_explains_every_command_and_flag(name: str) -> None:
    section = sections(PAGE)[name]
    assert f"    pipedreamer {name}" in section
    assert undocumented(section, flags(load(name))) == set()


def test_the_page_explains_the_options_of_all_commands_and_of_the_program() -> None:
    assert {"--output", "-o", "--verbose"} <= FLAGS_FOR_ALL
    assert undocumented(sections(PAGE)[FOR_ALL], FLAGS_FOR_ALL) == set()
    assert undocumented(sections(PAGE)["pipedreamer"], flags(root())) == set()


def test_the_page_explains_no_command_that_is_not_there() -> None:
    assert set(sections(PAGE)) - {FOR_ALL, "pipedreamer"} == set(COMMANDS)


def test_a_flag_that_the_page_leaves_out_is_found() -> None:
    assert undocumented("| `--format` | ... |\n| `--out FILE` |", {"--format", "--out", "--style"}) == {"--style"}
