"""Reading fixture files."""

import os
from pathlib import Path

import pytest

from pipedreamer.errors import FixtureError
from pipedreamer.testing import read_fixture
from pipedreamer.testing.absence import ABSENT
from pipedreamer.testing.fixture import KEYS, fixture_files


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "fetch.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def trouble(folder: Path, content: str | bytes) -> str:
    path = write(folder, content)
    with pytest.raises(FixtureError) as raised:
        read_fixture(path)
    text = str(raised.value)
    assert text.startswith(f"{path}")
    assert "\n" not in text
    return text.removeprefix(str(path))


def test_the_keys_are_those_of_the_format() -> None:
    assert KEYS == ("input", "expected", "config", "secrets", "fetch", "files", "k8s")


def test_everything_may_be_left_out(tmp_path: Path) -> None:
    fixture = read_fixture(write(tmp_path, "{}"))
    assert (fixture.input, fixture.expected, fixture.is_faked) == (b"{}", ABSENT, False)


def test_null_that_is_expected_is_not_absent(tmp_path: Path) -> None:
    assert read_fixture(write(tmp_path, '{"expected": null}')).expected is None


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    assert read_fixture(write(tmp_path, b'\xef\xbb\xbf{"input": 1}')).input == b"1"


def test_what_is_no_json_is_told_with_line_and_column(tmp_path: Path) -> None:
    assert trouble(tmp_path, '{"input": 1,\n  "expected": }').startswith(":2:15: is not JSON: ")
    assert trouble(tmp_path, "").startswith(":1:1: is not JSON: ")
    assert trouble(tmp_path, '{"input": NaN}').startswith(":1:11: is not JSON: ")
    assert "is not JSON" in trouble(tmp_path, b"\xff\xfe{")


def test_an_unknown_key_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    assert trouble(tmp_path, '{"expcted": 1}') == ': unknown key "expcted" (did you mean "expected"?)'
    assert "a fixture has input, expected, config" in trouble(tmp_path, '{"zzzzzz": 1}')


def test_a_key_that_stands_twice_is_an_error_at_any_depth(tmp_path: Path) -> None:
    text = '{"fetch": {"github /a": {"x": 1}, "github /a": {"x": 2}}}'
    assert '"github /a" stands twice' in trouble(tmp_path, text)


@pytest.mark.parametrize("text", ["[]", "1", '"x"', "null"])
def test_a_fixture_is_an_object(tmp_path: Path, text: str) -> None:
    assert "a fixture is an object" in trouble(tmp_path, text)


@pytest.mark.parametrize("key", ["config", "secrets", "fetch", "files", "k8s"])
@pytest.mark.parametrize(
    ("value", "kind"), [("[]", "a list"), ("null", "null"), ("true", "true or false"), ("1", "a number")]
)
def test_what_surrounds_a_node_is_given_as_objects(tmp_path: Path, key: str, value: str, kind: str) -> None:
    assert trouble(tmp_path, f'{{"{key}": {value}}}') == f': "{key}" must be an object, not {kind}'


def test_a_file_is_given_as_text(tmp_path: Path) -> None:
    assert 'files "/a" must be the text of the file, not an object' in trouble(tmp_path, '{"files": {"/a": {}}}')


@pytest.mark.parametrize("content", ["[" * 2000 + "]" * 2000, '{"input": ' + "[" * 500 + "]" * 500 + "}"])
def test_json_that_nests_too_deep_is_an_error_and_no_crash(tmp_path: Path, content: str) -> None:
    assert trouble(tmp_path, content)


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    for name in ("missing.json", "folder.json", "pipe.json"):
        path = tmp_path / name
        if name.startswith("folder"):
            path.mkdir()
        elif name.startswith("pipe"):
            os.mkfifo(path)
        with pytest.raises(FixtureError, match=name):
            read_fixture(path)


def test_the_fixture_files_of_a_folder_are_those_that_end_in_json_by_name(tmp_path: Path) -> None:
    place = tmp_path / "tests" / "fixtures"
    place.mkdir(parents=True)
    for name in ("b.json", "a.json", ".hidden.json", "notes.txt", "data.csv"):
        (place / name).write_text("{}")
    assert [path.name for path in fixture_files(tmp_path)] == ["a.json", "b.json"]


def test_a_folder_without_fixtures_has_none(tmp_path: Path) -> None:
    assert fixture_files(tmp_path) == ()


def test_fixtures_that_are_no_folder_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "fixtures").write_text("")
    with pytest.raises(FixtureError, match="cannot be read"):
        fixture_files(tmp_path)
