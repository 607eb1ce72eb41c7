"""The installed program, run as a person runs it: a process of its own, a home of its own, an empty folder."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.acceptance.running import StartEngine, starting

PROGRAM = Path(sys.executable).with_name("pipedreamer")
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")


class Person:
    """Somebody in a folder with a shell; `run` is what they type."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self.program = PROGRAM

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, "HOME": str(self.home), "TERM": "xterm-256color", **(more or {})}

    def run(
        self, *words: str, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *words],
            cwd=folder or self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def person(tmp_path: Path) -> Person:
    folder, home = tmp_path / "here", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    return Person(folder, home)


@pytest.fixture
def start(person: Person, tmp_path: Path) -> Iterator[StartEngine]:
    """`start("serve", "flow", "--workers", "1")` -> a running `Engine` on a free port, ended after the test."""
    with starting(person, tmp_path / "logs") as start:
        yield start
