"""The long series run only where this folder is named, as `make soak` does: they take minutes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.conftest import Person
from tests.acceptance.running import StartEngine, starting

HERE = Path(__file__).parent


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    named = any(Path(argument.partition("::")[0]).resolve().is_relative_to(HERE) for argument in config.args)
    return None if named else True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartEngine]:
    """As in the acceptance tests."""
    home = tmp_path / "home"
    home.mkdir()
    with starting(Person(tmp_path, home), tmp_path / "logs") as start:
        yield start
