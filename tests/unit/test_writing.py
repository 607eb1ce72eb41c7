"""Files that are written whole or not at all, where somebody interrupts that."""

import os
import signal
from pathlib import Path

import pytest

from pipedreamer.cli.program import root, run
from pipedreamer.writing import write_whole


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Ctrl-C comes when the file that this counts down to has been written and is not yet in its place."""
    left = {"files": 1}
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        left["files"] -= 1
        if not left["files"]:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "fsync", fsync)
    return left


@pytest.mark.usefixtures("interrupted")
def test_an_interrupted_file_is_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"file": "old"}


def test_an_interrupted_init_leaves_nothing(tmp_path: Path, interrupted: dict[str, int]) -> None:
    interrupted["files"] = 3
    with pytest.raises(KeyboardInterrupt):
        run(root(), ["init", str(tmp_path / "my-flow")])
    assert interrupted["files"] == 0
    assert list(tmp_path.iterdir()) == []
