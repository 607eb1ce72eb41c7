"""The suite's environment, once a session, and the table of what it has counted."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.escape.tiers import Suite

ROOT = Path(__file__).parents[2]
COUNTED: pytest.StashKey[list[tuple[str, int, int]]] = pytest.StashKey()


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    folder = Path(tempfile.mkdtemp(prefix="escape-", dir="/tmp"))
    try:
        made = Suite(folder)
        made.build(ROOT, shutil.which("uv") or str(Path(sys.executable).parent / "uv"))
        yield made
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def counted(pytestconfig: pytest.Config) -> list[tuple[str, int, int]]:
    """Add `(tier, attempts, held)` to it, and it is in the table at the end."""
    return pytestconfig.stash.setdefault(COUNTED, [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = config.stash.get(COUNTED, [])
    if rows:
        terminalreporter.section("attempts to escape")
        terminalreporter.line(f"{'tier':<30}{'attempts':>10}{'held':>8}")
        for name, attempts, held in rows:
            terminalreporter.line(f"{name:<30}{attempts:>10}{held:>8}")
