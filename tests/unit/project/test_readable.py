"""What of a folder nodes may read."""

from pathlib import Path

import pytest

from pipedreamer.errors import ProjectError
from pipedreamer.project.readable import readable


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def below(root: Path, paths: list[str]) -> set[str]:
    return {str(Path(path).relative_to(root)) for path in paths}


def test_a_folder_with_nothing_left_out_is_readable_whole(tmp_path: Path) -> None:
    make(tmp_path, "workflow.yaml", "nodes/a.py", "data/deep/b.json")
    assert readable(tmp_path).whole == [str(tmp_path)]


def test_beside_what_is_left_out_each_part_counts_alone(tmp_path: Path) -> None:
    make(
        tmp_path, "workflow.yaml", ".secrets/token", ".git/config", "nodes/a.py", "lib/x/.hidden", "lib/x/y.py",
        "lib/z/q.py", "node_modules/p/i.js", "env/pyvenv.cfg", "env/lib/k.py",
    )  # fmt: skip
    found = readable(tmp_path)
    assert below(tmp_path, found.whole) == {"workflow.yaml", "nodes", "lib/x/y.py", "lib/z"}
    assert below(tmp_path, found.listed) == {".", "lib", "lib/x"}


def test_links_are_links_and_what_they_lead_to_is_not_granted(tmp_path: Path) -> None:
    make(tmp_path, ".env", "nodes/a.py")
    (tmp_path / "nodes" / "secret").symlink_to("../.env")
    (tmp_path / "beside").symlink_to("nodes/a.py")
    found = readable(tmp_path)
    assert below(tmp_path, found.links) == {"beside"}
    assert below(tmp_path, found.whole) == {"nodes"}


def test_a_mounted_config_map_is_readable_whole(tmp_path: Path) -> None:
    make(tmp_path, "..2026_11_21/workflow.yaml")
    (tmp_path / "..data").symlink_to("..2026_11_21")
    (tmp_path / "workflow.yaml").symlink_to("..data/workflow.yaml")
    assert readable(tmp_path).whole == [str(tmp_path)]


def test_a_folder_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="gone"):
        readable(tmp_path / "gone")
