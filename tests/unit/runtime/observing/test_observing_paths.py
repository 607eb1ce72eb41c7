"""Many paths become the few to write down."""

from pathlib import Path

import pytest

import pipedreamer.runtime.observing.paths as module
from pipedreamer.runtime.observing.paths import ENOUGH, smallest, there


def yes(folder: str) -> bool:
    return True


def files(folder: str, count: int = ENOUGH) -> list[str]:
    return [f"{folder}/{number}.csv" for number in range(count)]


def test_paths_are_sorted_and_stand_once() -> None:
    assert smallest(["/data/b", "/data/a", "/data/b"], yes) == ("/data/a", "/data/b")


def test_what_another_path_covers_is_left_out() -> None:
    assert smallest(["/data/a/b", "/data/a", "/data/ab"], yes) == ("/data/a", "/data/ab")


def test_five_of_a_folder_become_the_folder_and_four_do_not() -> None:
    assert smallest(files("/srv/in"), yes) == ("/srv/in",)
    assert smallest(files("/srv/in", 4), yes) == tuple(files("/srv/in", 4))


def test_five_folders_of_a_folder_become_it_too() -> None:
    paths = [path for month in range(5) for path in files(f"/data/2025/{month}")]
    assert smallest(paths, yes) == ("/data/2025",)


def test_a_folder_stands_for_all_only_where_it_may() -> None:
    asked: list[str] = []

    def no(folder: str) -> bool:
        asked.append(folder)
        return False

    assert smallest(files("/srv/in"), no) == tuple(files("/srv/in"))
    assert asked == ["/srv/in"]


@pytest.mark.parametrize("folder", ["", "/etc", "/home", "/home/ada", "/root", "/var/lib", "/var/tmp", "/usr/share"])
def test_what_belongs_to_everybody_is_never_written_for_its_parts(folder: str) -> None:
    assert smallest(files(folder), yes) == tuple(files(folder))


def test_a_folder_with_a_name_of_its_own_at_the_top_may_be() -> None:
    assert smallest(files("/data"), yes) == ("/data",)


def test_what_is_there_is_known_by_its_real_path(tmp_path: Path) -> None:
    (tmp_path / "data" / "a").mkdir(parents=True)
    (tmp_path / "data" / "a" / "1.csv").touch()
    (tmp_path / "link").symlink_to("data")
    data = str(tmp_path / "data")
    assert there([str(tmp_path / "link"), str(tmp_path / "none")]) == frozenset((data, f"{data}/a", f"{data}/a/1.csv"))


def test_what_is_too_much_to_look_at_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    for name in "ab":
        (tmp_path / name).touch()
    assert there([str(tmp_path)]) is not None
    (tmp_path / "c").touch()
    assert there([str(tmp_path)]) is None
