"""How one command line ends, whatever its command does."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from pipedreamer.cli.program import run


def program(command: Callable[[], None]) -> TyperGroup:
    app = typer.Typer()
    app.callback()(lambda: None)
    app.command("work")(command)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def test_a_command_that_returns_ends_with_0() -> None:
    assert run(program(lambda: None), ["work"]) == 0


def test_a_command_may_choose_its_exit_code() -> None:
    def stop() -> None:
        raise typer.Exit(1)

    assert run(program(stop), ["work"]) == 1


def test_a_broken_pipe_that_is_not_the_reader_s_is_no_quiet_end(capfd: pytest.CaptureFixture[str]) -> None:
    def lose_a_worker() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    assert run(program(lose_a_worker), ["work"]) == 1
    line = capfd.readouterr().err
    found = re.search(r"unexpected BrokenPipeError: .* \(details are in (.*); please report it\)", line)
    assert found
    Path(found[1]).unlink()
