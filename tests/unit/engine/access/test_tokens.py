"""Tokens as they are written down, read again, and compared."""

import os
from pathlib import Path

import pytest

from pipedreamer.engine.access.token_files import TokenWatch, read_tokens
from pipedreamer.engine.access.tokens import SCOPES, find, suffices
from pipedreamer.errors import SettingsError

ADA = "ada-" + "x" * 20
BOB = "bob-" + "y" * 20


def write(path: Path, text: str) -> None:
    """Renamed over what is there, as one rotates."""
    beside = path.with_name(f".{path.name}")
    beside.write_text(text)
    beside.rename(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tokens"
    folder.mkdir()
    (folder / "ada.admin").write_text(f"{ADA}\n")
    return folder


def told(path: Path) -> list[tuple[str, str]]:
    return [(token.name, token.scope) for token in read_tokens(path)]


def test_a_folder_has_a_file_a_token_named_by_its_scope(folder: Path) -> None:
    (folder / "run").write_text(BOB)
    (folder / "bob.old.read").write_text(f"  {BOB}-old\r\n")
    (folder / ".hidden").write_text("short")
    assert told(folder) == [("ada", "admin"), ("bob.old", "read"), ("run", "run")]


def test_a_folder_is_read_as_kubernetes_mounts_it(tmp_path: Path) -> None:
    (tmp_path / "..2026_01_01").mkdir()
    (tmp_path / "..2026_01_01" / "cron.run").write_text(BOB)
    (tmp_path / "..data").symlink_to("..2026_01_01")
    (tmp_path / "cron.run").symlink_to("..data/cron.run")
    assert told(tmp_path) == [("cron", "run")]


@pytest.mark.parametrize("form", ["ada: {token: %s, scope: admin}", '{"ada": {"token": "%s", "scope": "admin"}}'])
def test_a_file_names_tokens_in_yaml_or_json(tmp_path: Path, form: str) -> None:
    (tmp_path / "tokens.yaml").write_text(form % ADA)
    assert told(tmp_path / "tokens.yaml") == [("ada", "admin")]
    assert find(read_tokens(tmp_path / "tokens.yaml"), ADA.encode()) is not None


def test_a_token_that_looks_like_a_number_keeps_its_digits(tmp_path: Path) -> None:
    (tmp_path / "tokens.yaml").write_text("ada: {token: 0123456789012345, scope: run}")
    assert find(read_tokens(tmp_path / "tokens.yaml"), b"0123456789012345") is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ada: {token: short-of-sixteen, scope: run}", ""),
        ("ada: {token: fifteen-letters, scope: run}", "ada: is shorter than 16 characters"),
        ("ada: {token: %s, scope: write}", "ada: has no scope; it must be one of read, run, admin"),
        ("ada: {token: %s}", "ada: must have token and scope"),
        ("ada: {token: %s, scope: run, more: 1}", "ada: must have token and scope"),
        ("ada: %s", "ada: must have token and scope"),
        ("[%s]", "must be a mapping of names to tokens"),
        ("ada: {token: 'two words of a token', scope: run}", "ada: holds blanks or characters beyond ASCII"),
        ("ada: {token: éééééééééééééééé, scope: run}", "ada: holds blanks or characters beyond ASCII"),
        ("a: {token: %s, scope: run}\nb: {token: %s, scope: read}", "b: is the same token as a"),
        ("a: {token: %s", "needs quotes"),
    ],
)
def test_what_is_wrong_is_said_without_the_token(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tokens.yaml"
    path.write_text(text.replace("%s", ADA))
    if not said:
        assert told(path) == [("ada", "run")]
        return
    with pytest.raises(SettingsError) as refused:
        read_tokens(path)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert ADA not in str(refused.value)
    assert "fifteen" not in str(refused.value)


def test_a_file_of_a_folder_without_a_scope_is_refused(folder: Path) -> None:
    (folder / "token").write_text(BOB)
    with pytest.raises(SettingsError, match=r"token: has no scope; .* \(a file: NAME\.SCOPE\)"):
        read_tokens(folder)


def test_no_token_at_all_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("# none")
    for name, said in (("folder", "holds no token"), ("file", "holds no token"), ("none", "there is no such file")):
        with pytest.raises(SettingsError, match=said):
            TokenWatch(tmp_path / name, pytest.fail)


def test_tokens_are_rotated_while_both_are_good(folder: Path) -> None:
    watch = TokenWatch(folder, pytest.fail)
    write(folder / "ada2.admin", BOB)
    watch.poll()
    assert [find(watch.current, text.encode()) is not None for text in (ADA, BOB)] == [True, True]
    (folder / "ada.admin").unlink()
    watch.poll()
    assert [find(watch.current, text.encode()) is not None for text in (ADA, BOB)] == [False, True]


def test_a_token_that_is_wrong_is_left_out_said_once_and_keeps_no_other_one_in(folder: Path) -> None:
    warnings: list[str] = []
    write(folder / "bob.run", BOB)
    watch = TokenWatch(folder, warnings.append)
    write(folder / "bob.run~", "an editor's copy of it")
    (folder / "bob.run").unlink()
    watch.poll()
    watch.poll()
    assert [token.name for token in watch.current] == ["ada"]
    assert watch.failures == 1
    assert len(warnings) == 1
    assert warnings[0].endswith("it lets nobody in")
    (folder / "bob.run~").unlink()
    write(folder / "bob.run", BOB)
    watch.poll()
    assert [token.name for token in watch.current] == ["ada", "bob"]


def test_a_file_that_cannot_be_read_leaves_the_old_ones_and_is_said_once(tmp_path: Path) -> None:
    warnings: list[str] = []
    file = tmp_path / "tokens.yaml"
    file.write_text(f"ada: {{token: {ADA}, scope: admin}}")
    watch = TokenWatch(file, warnings.append)
    file.write_text("[not a mapping")
    watch.poll()
    watch.poll()
    assert [token.name for token in watch.current] == ["ada"]
    assert len(warnings) == 1
    assert warnings[0].endswith("the tokens read before stay in use")


def test_taking_the_last_one_away_lets_nobody_in(folder: Path) -> None:
    warnings: list[str] = []
    watch = TokenWatch(folder, warnings.append)
    (folder / "ada.admin").unlink()
    watch.poll()
    assert watch.current == ()
    assert warnings == [f"{folder}: holds no token any more; nobody gets in"]


def test_a_folder_that_goes_away_leaves_the_old_ones(folder: Path) -> None:
    warnings: list[str] = []
    watch = TokenWatch(folder, warnings.append)
    os.rename(folder, folder.with_name("away"))  # noqa: PTH104 - the path stays what it was
    watch.poll()
    assert [token.name for token in watch.current] == ["ada"]
    assert len(warnings) == 1


@pytest.mark.parametrize("text", ["", "x", ADA[:-1], f"{ADA}x", ADA.upper(), BOB])
def test_only_the_very_token_is_found(folder: Path, text: str) -> None:
    tokens = read_tokens(folder)
    assert find(tokens, text.encode()) is None
    found = find(tokens, ADA.encode())
    assert found is not None
    assert ADA not in repr(found)


def test_each_scope_has_what_those_before_it_have() -> None:
    assert [[suffices(scope, need) for need in SCOPES] for scope in SCOPES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
