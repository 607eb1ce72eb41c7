"""A scratch folder, and what nodes may make of one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipedreamer.sandbox.scratch import Scratch

SIZE = 1 << 20


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    made = Scratch(None, SIZE)
    yield made
    made.remove()
    assert not Path(made.path).exists()


def dig(folder: str, depth: int) -> None:
    """Folders in one another, deeper than a path can say; a file in the last."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        for _ in range(depth):
            Path("d").mkdir()
            os.chdir("d")
        Path("file").write_bytes(b"x" * 2 * SIZE)
    finally:
        os.fchdir(here)
        os.close(here)


def test_it_is_full_with_too_many_bytes(scratch: Scratch) -> None:
    Path(scratch.path, "half").write_bytes(os.urandom(SIZE // 2))
    assert not scratch.is_full()
    Path(scratch.path, "more").write_bytes(os.urandom(SIZE))
    assert scratch.is_full()
    scratch.clear()
    assert list(Path(scratch.path).iterdir()) == []
    assert not scratch.is_full()


@pytest.mark.parametrize("depth", [150, 3000])
def test_what_lies_too_deep_to_be_counted_is_too_much(scratch: Scratch, depth: int) -> None:
    dig(scratch.path, depth)
    assert scratch.is_full()
    scratch.clear()
    assert list(Path(scratch.path).iterdir()) == []


def test_a_folder_closed_to_its_owner_is_removed_all_the_same(scratch: Scratch) -> None:
    closed = Path(scratch.path, "closed")
    (closed / "below").mkdir(parents=True)
    (closed / "file").touch()
    closed.chmod(0)
    scratch.clear()
    assert list(Path(scratch.path).iterdir()) == []


def test_nothing_behind_a_link_is_touched(scratch: Scratch, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    tmp_path.chmod(0o755)
    Path(scratch.path, "link").symlink_to(tmp_path)
    Path(scratch.path, "folder").mkdir()
    Path(scratch.path, "folder", "link").symlink_to(tmp_path)
    scratch.clear()
    assert list(Path(scratch.path).iterdir()) == []
    assert (tmp_path / "kept").read_text() == "kept"
    assert tmp_path.stat().st_mode & 0o777 == 0o755
