"""`pipedreamer run`: one run of a folder, without a server."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Process, eventually, read_process
from tests.conftest import WriteWorkflow

ECHO = "def run(ctx, input):\n    return input\n"
SAYING = """\
import sys

def run(ctx, input):
    ctx.log.info("looking")
    ctx.log.error("not there")
    print("printed")
    return input
"""


def outputs(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["outputs"]


def typed(person: Any, stdin: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """What comes of a command that something is piped into."""
    return subprocess.run(
        [person.program, *words], input=stdin, env=person.environment(), capture_output=True, text=True, check=False
    )


def test_the_input_is_json_a_file_with_or_without_at_or_stdin(person: Any, write_workflow: WriteWorkflow) -> None:
    folder = str(write_workflow({"echo": ECHO}))
    (person.folder / "in.json").write_text('{"from": "a file"}')
    long = json.dumps({"name": "Ada" * 2000})
    assert outputs(person.run("run", folder)) == {"echo": {}}
    assert outputs(person.run("run", folder, "--input", '{"name": "Ada"}')) == {"echo": {"name": "Ada"}}
    assert outputs(person.run("run", folder, "--input", long)) == {"echo": json.loads(long)}
    assert outputs(person.run("run", folder, "--input", "[1, null]")) == {"echo": [1, None]}
    assert outputs(person.run("run", folder, "--input", "in.json")) == {"echo": {"from": "a file"}}
    assert outputs(person.run("run", folder, "-i", "@in.json")) == {"echo": {"from": "a file"}}
    assert outputs(typed(person, '"piped"', "run", folder, "--input", "-")) == {"echo": "piped"}
    assert outputs(typed(person, "", "run", folder, "--input", "-")) == {"echo": {}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[1,", "--input is neither JSON nor a file that is there: unexpected end of data"),
        ("nowhere.json", "--input is neither JSON nor a file that is there"),
        ("@nowhere.json", "--input nowhere.json: No such file or directory"),
        ("@bad.json", "bad.json is not JSON: "),
        ("bad.json", "bad.json is not JSON: "),
        ("@.", "--input .: Is a directory"),
        (b'"\xff"', "--input is neither JSON nor a file that is there: str is not valid UTF-8"),
    ],
)
def test_an_input_that_is_none_is_wrong_use(
    person: Any, write_workflow: WriteWorkflow, given: str | bytes, said: str
) -> None:
    (person.folder / "bad.json").write_text("{'name': 1}")
    done = person.run("run", str(write_workflow({"echo": ECHO})), "--input", given)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.count("\n") == 1


def test_stdout_has_the_result_alone_and_log_lines_go_to_stderr(person: Any, write_workflow: WriteWorkflow) -> None:
    done = person.run("run", str(write_workflow({"say": SAYING}, extra="config: {retries: 0}")), "-i", "1")
    result = json.loads(done.stdout)
    assert {"success", "runId", "version", "outputs", "errors", "timing"} <= set(result)
    assert (result["success"], result["version"], result["outputs"]) == (True, "1.0", {"say": 1})
    assert done.stderr.splitlines() == ["[say] INFO looking", "[say] ERROR not there", "[say] INFO printed"]


def test_json_output_is_the_same_document(person: Any, write_workflow: WriteWorkflow) -> None:
    done = person.run("run", str(write_workflow({"echo": ECHO})), "-i", '"ä"', "-o", "json")
    assert json.loads(done.stdout)["outputs"] == {"echo": "ä"}
    assert done.stderr == ""


def test_a_failed_run_shows_what_finished_and_what_failed_and_ends_with_1(
    person: Any, write_workflow: WriteWorkflow
) -> None:
    failing = "def run(ctx, input):\n    raise LookupError('no such user')\n"
    folder = write_workflow({"good": ECHO, "bad": failing, "never": ECHO}, [("good", "bad"), ("bad", "never")])
    done = person.run("run", str(folder), "-i", "5")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["success"], result["outputs"]) == (False, {"good": 5})
    assert result["errors"] == {"bad": "LookupError: no such user (nodes/bad.py:2)"}
    assert "Traceback" not in done.stderr


def test_a_run_over_its_time_is_one_line_and_ends_with_1(person: Any, write_workflow: WriteWorkflow) -> None:
    hog = "def run(ctx, input):\n    while True:\n        pass\n"
    done = person.run("run", str(write_workflow({"hog": hog})), "--timeout", "300ms")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "error: the run did not end within 0.3 s; --timeout sets that limit\n"


@pytest.mark.parametrize("timeout", ["5", "0s", "soon"])
def test_a_timeout_that_is_none_is_wrong_use(person: Any, write_workflow: WriteWorkflow, timeout: str) -> None:
    done = person.run("run", str(write_workflow({"echo": ECHO})), "--timeout", timeout)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: --timeout {timeout}: ")


def test_secrets_and_config_come_from_where_the_options_say_and_secrets_are_hidden(
    person: Any, write_workflow: WriteWorkflow, tmp_path: Path
) -> None:
    show = "def run(ctx, input):\n    ctx.log.info(ctx.secrets['api'])\n    return [ctx.config, ctx.secrets]\n"
    folder = write_workflow({"show": show}, files={".secrets.yaml": "api: in-the-folder\n"})
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "region").write_text("eu\n")
    (tmp_path / "secrets.yaml").write_text("api: given-by-option\n")
    done = person.run("run", str(folder), "--secrets", f"{tmp_path}/secrets.yaml", "--config", f"{tmp_path}/config")
    assert outputs(done) == {"show": [{"region": "eu"}, {"api": "***"}]}
    assert done.stderr == "[show] INFO ***\n"


def test_a_log_that_nobody_reads_fails_no_run(person: Any, write_workflow: WriteWorkflow) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device, not a path of ours
        done = subprocess.run(
            [person.program, "run", write_workflow({"say": SAYING}), "-i", "7"],
            stdout=subprocess.PIPE,
            stderr=full,
            env=person.environment(),
            check=False,
        )
    assert json.loads(done.stdout)["outputs"] == {"say": 7}


def test_ctrl_c_ends_it_with_130_and_leaves_no_process(person: Any, write_workflow: WriteWorkflow, signs: Path) -> None:
    hog = "def run(ctx, input):\n    open(input, 'w')\n    while True:\n        pass\n"
    words = ["run", str(write_workflow({"hog": hog}, signs=True)), "--input", json.dumps(str(signs / "begun"))]
    child = subprocess.Popen(
        [person.program, *words], env=person.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    eventually((signs / "begun").exists)
    process = read_process(child.pid)
    assert process is not None
    family: set[Process] = process.descendants
    assert len(family) == 3  # zygote, cell, worker
    child.send_signal(signal.SIGINT)
    out, err = child.communicate()
    assert (child.returncode, out, err) == (130, b"", b"")
    eventually(lambda: not any(one.alive for one in family), "the end of its processes")
