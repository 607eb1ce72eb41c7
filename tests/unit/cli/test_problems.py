"""How problems of a workflow folder are shown."""

from pathlib import Path

import pytest

from pipedreamer.cli.problems import as_document, count, path_from_here, say_problems
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import Problem

WRONG = Problem("flow/workflow.yaml", 3, 7, "no node is called b", "did you mean a?")
ODD = Problem("flow/workflow.yaml", 9, 1, "unknown key", severity="warning")


def test_each_problem_is_a_line_and_the_count_is_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    say_problems(Terminal(), (WRONG, ODD))
    assert capsys.readouterr().err.splitlines() == [
        "flow/workflow.yaml:3:7: error: no node is called b (did you mean a?)",
        "flow/workflow.yaml:9:1: warning: unknown key",
        "1 error, 1 warning",
    ]


def test_no_problems_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say_problems(Terminal(), ())
    assert capsys.readouterr().err == ""


def test_forced_colour_marks_errors_red_and_warnings_yellow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    say_problems(Terminal(), (WRONG, ODD))
    error, warning, _ = capsys.readouterr().err.splitlines()
    assert "\x1b[31m" in error
    assert "\x1b[33m" in warning


@pytest.mark.parametrize(
    ("problems", "words"),
    [((WRONG,), "1 error"), ((ODD, ODD), "2 warnings"), ((WRONG, WRONG, ODD), "2 errors, 1 warning"), ((), "")],
)
def test_errors_and_warnings_are_counted_apart(problems: tuple[Problem, ...], words: str) -> None:
    assert count(problems) == words


def test_a_document_has_every_field_of_a_problem() -> None:
    assert as_document((WRONG,)) == [
        {
            "file": "flow/workflow.yaml",
            "line": 3,
            "column": 7,
            "message": "no node is called b",
            "suggestion": "did you mean a?",
            "severity": "error",
        }
    ]


def test_an_absolute_path_is_shown_as_one_would_type_it_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert path_from_here(tmp_path / "flow" / "workflow.yaml") == "flow/workflow.yaml"
    assert path_from_here(tmp_path.parent / "b.yaml") == "../b.yaml"
    assert path_from_here(Path("/etc")) == "/etc"
    assert path_from_here(Path("flow/workflow.yaml")) == "flow/workflow.yaml"


def test_a_path_is_shown_whole_where_the_current_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    assert path_from_here(tmp_path / "workflow.yaml") == str(tmp_path / "workflow.yaml")
