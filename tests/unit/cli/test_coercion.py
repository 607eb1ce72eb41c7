"""The words of a command line become values, and pydantic stays away."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.main import get_command

from pipedreamer.cli.coercion import QuickCommand


def read(function: Any, *words: str) -> dict[str, Any]:
    app = typer.Typer(add_completion=False)
    app.command(cls=QuickCommand)(function)
    return get_command(app).make_context("try", list(words)).params


def plain(
    where: Path,
    kind: Annotated[Literal["one", "two"], typer.Option()] = "one",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8080,
    also: Annotated[list[str] | None, typer.Option()] = None,
    loud: Annotated[bool, typer.Option("--loud")] = False,
) -> None: ...


def test_plain_types_are_read() -> None:
    read_values = read(plain, "here", "--kind", "two", "--port", "1", "--also", "a", "--also", "b", "--loud")
    assert read_values == {"where": Path("here"), "kind": "two", "port": 1, "also": ("a", "b"), "loud": True}


def test_what_is_not_given_keeps_its_default() -> None:
    assert read(plain, "here") == {"where": Path("here"), "kind": "one", "port": 8080, "also": (), "loud": False}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("here", "--kind", "three"), "'three' is none of one, two"),
        (("here", "--port", "many"), "'many' is not a whole number"),
        (("here", "--port", "0"), "0 is less than 1"),
        (("here", "--port", "65536"), "65536 is more than 65535"),
    ],
)
def test_a_wrong_word_is_wrong_use_and_says_what_would_be_right(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(typer.BadParameter, match=message) as caught:
        read(plain, *words)
    assert caught.value.exit_code == 2


def test_a_type_that_is_not_plain_is_left_to_typer() -> None:
    def ratio(share: float) -> None: ...

    assert read(ratio, "0.5") == {"share": 0.5}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["validate", "no/such/folder"], ["-o", "json", "schema"]])
def test_no_command_imports_pydantic_rich_or_a_web_library(words: list[str]) -> None:
    code = (
        "import sys, atexit; from pipedreamer.cli import main\n"
        "heavy = ('pydantic', 'rich', 'httpx', 'uvicorn', 'watchfiles', 'jsonschema_rs')\n"
        "atexit.register(lambda: print('heavy:', [name for name in heavy if name in sys.modules]))\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "heavy: []"
