"""Where a command writes, and in which colours."""

import io
import json
import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest

from pipedreamer.cli.terminal import Terminal, wants_colour


@pytest.fixture
def screen() -> Iterator[TextIO]:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as stream:
        yield stream
    os.close(leader)


def test_a_terminal_is_coloured_unless_it_cannot_or_must_not_be(screen: TextIO) -> None:
    assert wants_colour(screen, {"TERM": "xterm"})
    assert not wants_colour(screen, {"TERM": "dumb"})
    assert not wants_colour(screen, {"TERM": "xterm", "NO_COLOR": "1"})
    assert wants_colour(screen, {"TERM": "xterm", "NO_COLOR": ""})


def test_a_file_is_coloured_only_when_forced() -> None:
    assert not wants_colour(io.StringIO(), {"TERM": "xterm"})
    assert wants_colour(io.StringIO(), {"FORCE_COLOR": "1"})
    assert not wants_colour(io.StringIO(), {"FORCE_COLOR": "0"})
    assert not wants_colour(io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"})


def test_an_answer_is_text_or_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal("text").answer({"a": 1}, "one")
    Terminal("json").answer({"a": "ü"}, "one")
    text, document = capsys.readouterr().out.split("\n", 1)
    assert text == "one"
    assert json.loads(document) == {"a": "ü"}
    assert "ü" in document


def test_progress_is_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal().working() as say:
        say("looking for versions")
        say("installing [3 of 7]")
    captured = capsys.readouterr()
    assert captured.err == "looking for versions\ninstalling [3 of 7]\n"
    assert captured.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["-o", "json", "validate"],
        ["validate", "--output", "json"],
        ["validate", "--output=json"],
        ["validate", "-ojson"],
    ],
)
def test_the_form_of_an_answer_is_known_before_the_words_are_read(words: list[str]) -> None:
    assert Terminal.from_environment(words).output == "json"


@pytest.mark.parametrize("words", [["validate"], ["-o", "text", "json"], ["run", "--", "-o", "json"]])
def test_other_words_do_not_ask_for_json(words: list[str]) -> None:
    assert Terminal.from_environment(words).output == "text"
