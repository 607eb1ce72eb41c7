"""The names that `init` offers, and the files it has to offer."""

from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.cli.init import FILES, TYPESCRIPT_FILES, nearest_name
from pipedreamer.spec.naming import NAME, NAME_LIMIT


@pytest.mark.parametrize(
    ("text", "name"),
    [("My Flow", "my-flow"), ("dailyReport", "daily-report"), ("a" * 39 + "-b", "a" * 39), ("", "my-flow")],
)
def test_the_nearest_name_is_close(text: str, name: str) -> None:
    assert nearest_name(text) == name


@given(st.text())
def test_the_nearest_name_of_any_text_is_a_right_name(text: str) -> None:
    name = nearest_name(text)
    assert NAME.fullmatch(name)
    assert len(name) <= NAME_LIMIT


def test_every_file_of_the_template_is_offered() -> None:
    template = Path(str(files("pipedreamer.cli") / "template"))
    present = {
        str(path.relative_to(template)) for path in template.rglob("*") if path.suffix != ".pyc" and path.is_file()
    }
    assert {path.removeprefix(".") for path in (*FILES, *TYPESCRIPT_FILES)} == present
