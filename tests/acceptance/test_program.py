"""The program's frame: help, version, global options, exit codes, and streams that misbehave."""

import json
import os
import pty
import signal
import subprocess
import sys
from fcntl import F_SETPIPE_SZ, fcntl
from typing import Any

import pytest

from pipedreamer.cli.commands import COMMANDS
from pipedreamer.version import __version__


def test_help_lists_every_command_with_what_it_does(person: Any) -> None:
    done = person.run("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    for name, text in COMMANDS.items():
        assert f"  {name} " in done.stdout
        assert text in " ".join(done.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(person: Any, command: str) -> None:
    done = person.run(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: pipedreamer {command} ")
    assert "--output" in done.stdout


def test_nothing_typed_shows_the_help_as_wrong_use(person: Any) -> None:
    done = person.run()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Commands:" in done.stderr


def test_nothing_typed_is_told_as_json_too(person: Any) -> None:
    done = person.run("-o", "json")
    assert done.returncode == 2
    assert done.stderr == ""
    assert json.loads(done.stdout)["error"] == {
        "type": "UsageError",
        "message": "no command was given (see `pipedreamer --help`)",
    }


def test_the_version_is_told_as_text_and_as_json(person: Any) -> None:
    assert person.run("--version").stdout == f"pipedreamer {__version__}\n"
    assert json.loads(person.run("--version", "-o", "json").stdout) == {"version": __version__}


def test_the_module_is_the_same_program(person: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipedreamer", "--help"], env=person.environment(), capture_output=True, text=True
    )
    assert done.stdout == person.run("--help").stdout


def test_a_mistyped_command_is_one_line_with_the_nearest_name(person: Any) -> None:
    done = person.run("valdate")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "error: No such command 'valdate'. Did you mean 'validate'? (see `pipedreamer --help`)\n"


def test_an_unknown_option_is_one_line_and_wrong_use(person: Any) -> None:
    done = person.run("validate", "--strict")
    assert done.returncode == 2
    assert done.stderr == "error: No such option: --strict (see `pipedreamer validate --help`)\n"


@pytest.mark.parametrize("words", [["-o", "json", "schema", "-x"], ["schema", "-x", "--output=json"]])
def test_wrong_use_is_told_as_json_too(person: Any, words: list[str]) -> None:
    done = person.run(*words)
    assert done.returncode == 2
    assert done.stderr == ""
    assert json.loads(done.stdout)["error"]["type"] == "UsageError"


@pytest.mark.parametrize(
    "words", [["-o", "json", "validate", "none"], ["validate", "none", "-o", "json"], ["validate", "-ojson", "none"]]
)
def test_global_options_stand_before_or_after_the_command(person: Any, words: list[str]) -> None:
    done = person.run(*words)
    assert done.returncode == 2
    assert "there is no folder none" in json.loads(done.stdout)["error"]["message"]


def test_what_stands_after_the_command_counts(person: Any) -> None:
    done = person.run("-o", "json", "validate", "none", "-o", "text")
    assert done.stdout == ""
    assert done.stderr.startswith("error: there is no folder none")


@pytest.mark.parametrize(("words", "env"), [(["--verbose"], {}), ([], {"PIPEDREAMER_DEBUG": "1"})])
def test_a_traceback_is_shown_when_asked_for(person: Any, words: list[str], env: dict[str, str]) -> None:
    assert "Traceback" in person.run("validate", "none", *words, env=env).stderr
    assert "Traceback" not in person.run("validate", "none").stderr


def test_a_closed_pipe_ends_the_program_quietly(person: Any) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [person.program, "schema"], stdout=writer, stderr=subprocess.PIPE, env=person.environment(), check=False
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line(person: Any, unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path of ours
        done = subprocess.run(
            [person.program, "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=person.environment({"PYTHONUNBUFFERED": unbuffered}),
            check=False,
        )
    assert done.stderr == b"error: the output cannot be written: No space left on device\n"
    assert done.returncode == 1


def test_an_error_reaches_stderr_where_stdout_takes_no_json(person: Any) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path of ours
        done = subprocess.run(
            [person.program, "validate", "none", "-o", "json"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=person.folder,
            env=person.environment(),
            check=False,
        )
    assert done.stderr.startswith(b"error: there is no folder none")
    assert done.returncode == 2


def test_ctrl_c_ends_the_program_quietly_even_while_its_reader_is_slow(person: Any) -> None:
    reader, writer = os.pipe()
    fcntl(writer, F_SETPIPE_SZ, 4096)  # the schema is larger, so the program waits in the middle of its answer
    process = subprocess.Popen(
        [person.program, "schema"], stdout=writer, stderr=subprocess.PIPE, env=person.environment()
    )
    os.close(writer)
    assert os.read(reader, 1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    os.close(reader)
    assert said == b""
    assert process.returncode == 130


@pytest.fixture(params=["signal", "typer"])
def interrupted(person: Any, request: pytest.FixtureRequest) -> Any:
    """The environment of a program that gets Ctrl-C while it imports its first library, or Python's own `signal`."""
    library = "import os, sys\nos.kill(os.getpid(), 2)\nsys.exit('it went on')\n"
    (person.folder / f"{request.param}.py").write_text(library)
    return person.environment({"PYTHONPATH": str(person.folder)})


def test_ctrl_c_while_it_is_still_imported_ends_the_program_quietly(person: Any, interrupted: Any) -> None:
    done = subprocess.run([person.program, "schema"], env=interrupted, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_ctrl_c_stays_ignored_where_whoever_started_the_program_ignores_it(person: Any, interrupted: Any) -> None:
    words = ["sh", "-c", "trap '' INT; exec \"$0\" schema", person.program]
    done = subprocess.run(words, env=interrupted, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "it went on\n")


def test_colours_are_for_terminals(person: Any) -> None:
    assert "\x1b" not in person.run("validate", "none").stderr
    assert "\x1b" in on_a_terminal(person, {})
    assert "\x1b" not in on_a_terminal(person, {"NO_COLOR": "1"})
    assert "\x1b" not in on_a_terminal(person, {"TERM": "dumb"})
    assert "\x1b" in person.run("validate", "none", env={"FORCE_COLOR": "1"}).stderr


def on_a_terminal(person: Any, env: dict[str, str]) -> str:
    """What a terminal shows of an error."""
    leader, follower = pty.openpty()
    subprocess.run([person.program, "validate", "none"], stderr=follower, env=person.environment(env), check=False)
    shown = os.read(leader, 4096).decode()
    os.close(follower)
    os.close(leader)
    assert "there is no folder none" in shown
    return shown
