"""What the documentation names is there: files, headings, commands and their options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from pipedreamer.cli.commands import COMMANDS, load
from pipedreamer.cli.program import root
from pipedreamer.cli.terminal import Terminal

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "deploy/*.md", "examples/**/*.md", "src/pipedreamer/cli/template/*.md")
    for path in ROOT.glob(pattern)
)
PLACEHOLDER = re.compile(r"[A-Z]+|\[.*|[0-9.]+")
"""Where a command's name would be: the form of a call, or the answer to `--version`."""


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        path, _, heading = target.partition("#")
        if "://" in target:
            continue
        file = page.parent / path if path else page
        if not file.exists() or (heading and heading not in headings(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_shown_can_be_typed(page: Path) -> None:
    wrong = [f"{words}: {reason}" for words in typed(page) if (reason := refusal(words))]
    assert wrong == []


def test_the_commands_of_the_first_five_minutes_are_seen() -> None:
    shown = [words[0] for words in typed(ROOT / "README.md")]
    assert {"init", "test", "dev", "validate", "run", "visualize"} <= set(shown)


@pytest.mark.parametrize("line", ["run", "valdate my-flow", "dev --prot 80", "visualize --format gif", "schema x"])
def test_a_command_that_does_not_exist_would_be_found(line: str) -> None:
    assert refusal(line.split())


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def typed(page: Path) -> Iterator[list[str]]:
    """The words after `pipedreamer` of each command line in a block of code."""
    fenced = False
    for line in page.read_text().splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            for words in programs(re.sub(r"[12]?>+ ?\S+", "", line.strip().removeprefix("$ "))):
                if Path(words[0]).name == "pipedreamer" and len(words) > 1 and not PLACEHOLDER.fullmatch(words[1]):
                    yield [word.strip("[]") for word in words[1:]]


def programs(line: str) -> Iterator[list[str]]:
    """What a shell would start: the parts between `&&`, `|` and the like."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set("();<>|&"):
                yield from [words] if words else []
                words = []
            else:
                words.append(word)
    except ValueError:
        return  # an apostrophe in an answer: no command
    yield from [words] if words else []


def refusal(words: list[str]) -> str:
    """Why the program would not take this command line; "" where it would. Nothing is run."""
    if not words[0].startswith("-") and words[0] not in COMMANDS:
        return "no such command"
    command, rest = (root(), words) if words[0].startswith("-") else (load(words[0]), words[1:])
    try:
        command.make_context("pipedreamer", list(rest), obj=Terminal()).close()
    except typer.Exit:
        return ""
    except typer.TyperException as error:
        return error.format_message()
    return ""
