"""What a person reads when a command fails, and the exit code."""

import json
import re
from pathlib import Path

import pytest
import typer

from pipedreamer.cli.failure import report
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import NodeLoadError, PackageError, Problem, ProjectError, UsageError

PROBLEM = Problem("workflow.yaml", 1, 1, "name is missing")


def raised(error: Exception) -> Exception:
    """The error with a traceback, as it reaches the program's frame."""

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        fail()
    return caught.value


def test_an_error_of_ours_is_one_line_with_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(PackageError("no wheel for x; take another version"), Terminal()) == 1
    assert report(UsageError("no such folder"), Terminal()) == 2
    captured = capsys.readouterr()
    assert captured.err == "error: no wheel for x; take another version\nerror: no such folder\n"
    assert captured.out == ""


def test_a_terminal_is_told_nothing_by_an_error_that_a_node_worded(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(NodeLoadError("nodes/n.py:1: ValueError: \x07\x9b31m\r"), Terminal()) == 1
    assert capsys.readouterr().err == "error: nodes/n.py:1: ValueError: \\x07\\x9b31m\\x0d\n"


def test_problems_are_lines_with_their_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ProjectError((PROBLEM,)), Terminal()) == 1
    assert capsys.readouterr().err == "workflow.yaml:1:1: error: name is missing\n1 error\n"


def test_json_tells_of_an_error_on_stdout_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(UsageError("no such folder"), Terminal("json")) == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"error": {"type": "UsageError", "message": "no such folder"}}
    assert captured.err == ""


def test_json_tells_of_problems_as_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ProjectError((PROBLEM,)), Terminal("json")) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert [problem["message"] for problem in document["problems"]] == ["name is missing"]


def test_wrong_words_are_one_line_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(typer.BadParameter("choose from:\n\tone\n\ttwo."), Terminal()) == 2
    assert capsys.readouterr().err == "error: Invalid value: choose from: one two\n"


def test_the_system_s_refusal_names_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "nothing").read_text()
    assert report(caught.value, Terminal()) == 1
    assert re.fullmatch(r"error: .*/nothing: No such file or directory\n", capsys.readouterr().err)


def test_an_unexpected_error_is_one_line_that_says_where_its_details_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(raised(KeyError("a\nb")), Terminal()) == 1
    line = capsys.readouterr().err
    found = re.fullmatch(r"error: unexpected KeyError: 'a\\nb' \(details are in (.*); please report it\)\n", line)
    assert found
    details = Path(found[1])
    text = details.read_text()
    details.unlink()
    assert "Traceback" in text
    assert "test_failure.py" in text


def test_verbose_prints_the_traceback_before_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(raised(PackageError("no wheel")), Terminal(verbose=True))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "error: no wheel"
