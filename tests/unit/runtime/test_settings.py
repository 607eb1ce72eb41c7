"""Secrets and config come from their files in the right order, mounted by Kubernetes too, and change while running."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.errors import SettingsError
from pipedreamer.runtime.mounted import FILE_LIMIT, FOLDER_LIMIT
from pipedreamer.runtime.settings import Settings, SettingsWatch, Sources, read_settings

WORD = "hunter2hunter2"
REMEDY = "a value that begins with one of * & ! @ % | > { [ ` or a quote, or holds ': ', needs quotes"


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A workflow folder and two places to mount to, of which nothing exists yet but the folder."""
    folder = tmp_path / "flow"
    folder.mkdir()
    return Sources(folder, secrets_mount=tmp_path / "app/secrets", config_mount=tmp_path / "app/config")


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def write_mount(folder: Path, files: dict[str, str | bytes], generation: str = "2026_01_01") -> None:
    """Make or change a mount as the kubelet does: a new generation, `..data` moved to it in one step, links mended."""
    target = folder / f"..{generation}"
    target.mkdir(parents=True)
    for name, content in files.items():
        (target / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    new = folder / "..data_tmp"
    new.symlink_to(target.name)
    new.rename(folder / "..data")
    for entry in folder.iterdir():
        if not entry.name.startswith("..") and entry.name not in files:
            entry.unlink()
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")


def explicit(sources: Sources, path: Path) -> Sources:
    return Sources(sources.folder, path, sources.secrets_mount, sources.config_mount)


# secrets


def test_without_any_source_there_are_no_secrets_and_the_config_is_the_workflows(sources: Sources) -> None:
    assert read_settings({"a": 1}, sources) == Settings({"a": 1}, {})


def test_later_sources_replace_whole_top_keys_of_earlier_ones(sources: Sources) -> None:
    write(sources.folder / ".secrets/github", '{"token": "folder", "user": "u"}')
    write(sources.folder / ".secrets/only-folder", "1")
    write(sources.folder / ".secrets/twice", "folder")
    write(sources.folder / ".secrets.yaml", "github: {token: file}\nonly-file: {value: x}\ntwice: {value: file}\n")
    write_mount(sources.secrets_mount, {"twice": "mount", "only-mount": "m"})
    assert read_settings({}, sources).secrets == {
        "github": {"token": "file"},
        "only-folder": {"value": "1"},
        "only-file": {"value": "x"},
        "twice": {"value": "mount"},
        "only-mount": {"value": "m"},
    }


def test_an_explicit_file_stands_for_the_folders_own_and_the_mount_goes_on_top(sources: Sources) -> None:
    write(sources.folder / ".secrets/a", "folder")
    write(sources.folder / ".secrets.yaml", "b: 1")
    write_mount(sources.secrets_mount, {"d": "mount"})
    given = write(sources.folder / "elsewhere.json", '{"c": {"token": "x"}, "d": 1}')
    assert read_settings({}, explicit(sources, given)).secrets == {"c": {"token": "x"}, "d": {"value": "mount"}}


def test_an_explicit_folder_is_read_like_a_mount(sources: Sources, tmp_path: Path) -> None:
    write_mount(tmp_path / "given", {"github": '{"token": "t"}'})
    assert read_settings({}, explicit(sources, tmp_path / "given")).secrets == {"github": {"token": "t"}}


def test_an_explicit_place_that_does_not_exist_is_an_error(sources: Sources) -> None:
    with pytest.raises(SettingsError, match=r"missing: No such file or directory \(it was given as the place"):
        read_settings({}, explicit(sources, sources.folder / "missing"))


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('{"token": "t"}', {"token": "t"}),
        (' [1, "b"]\n', [1, "b"]),
        ("  plain text\n", {"value": "plain text"}),
        ("5", {"value": "5"}),
        ('"quoted"', {"value": '"quoted"'}),
        ("[section]\nkey=1", {"value": "[section]\nkey=1"}),
        ("", {"value": ""}),
        ("\ufeffx", {"value": "x"}),
        (b"\xff\xfe\x00", {"base64": "//4A"}),
    ],
)
def test_the_content_of_a_secret_file(sources: Sources, content: str | bytes, value: Any) -> None:
    write(sources.folder / ".secrets/name", content)
    assert read_settings({}, sources) == Settings({}, {"name": value})


def test_kubernetes_links_are_followed_and_dot_names_and_folders_are_not_read(sources: Sources) -> None:
    write_mount(sources.secrets_mount, {"slack": '{"webhook_url": "https://hooks.example/x"}'})
    write(sources.secrets_mount / ".hidden", "h")
    write(sources.secrets_mount / "sub/inner", "i")
    (sources.secrets_mount / "linked-folder").symlink_to("sub")
    os.mkfifo(sources.secrets_mount / "pipe")
    assert read_settings({}, sources) == Settings({}, {"slack": {"webhook_url": "https://hooks.example/x"}})


def test_a_link_to_nowhere_is_left_out_with_a_warning(sources: Sources) -> None:
    write_mount(sources.secrets_mount, {"a": "1"})
    (sources.secrets_mount / "gone").symlink_to("..data/gone")
    settings = read_settings({}, sources)
    assert settings.secrets == {"a": {"value": "1"}}
    assert settings.warnings == (f"{sources.secrets_mount / 'gone'}: is a link that leads nowhere; left out",)


def test_broken_json_is_taken_as_text_with_a_warning_that_does_not_quote_it(sources: Sources) -> None:
    path = write(sources.folder / ".secrets/github", f'{{"token": "{WORD}"')
    settings = read_settings({}, sources)
    assert settings.secrets == {"github": {"value": f'{{"token": "{WORD}"'}}
    assert settings.warnings == (f"{path}: begins like a JSON object but is none; taken as plain text",)


def test_a_file_of_the_wrong_name_gets_a_warning(sources: Sources) -> None:
    path = write(sources.folder / ".secrets.yml", "a: 1")
    assert read_settings({}, sources) == Settings({}, {}, (f"{path}: is not read; name it .secrets.yaml",))


def test_broken_yaml_is_an_error_with_its_place_and_without_its_content(sources: Sources) -> None:
    path = write(sources.folder / ".secrets.yaml", f"github:\n  token: *{WORD}\n")
    with pytest.raises(SettingsError) as caught:
        read_settings({}, sources)
    assert str(caught.value) == f"{path}:2:10: cannot be read as YAML; {REMEDY}"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (".secrets.yaml", f"- {WORD}", r"\.secrets\.yaml:1:1: must be a mapping"),
        (".secrets.yaml/inner", "x", r"\.secrets\.yaml: is a folder, a file is expected"),
        (".secrets", WORD, r"\.secrets: is a file, a folder is expected"),
        (".secrets/big", b"x" * (FILE_LIMIT + 1), r"big: is larger than 1048576 bytes"),
    ],
)
def test_a_source_of_the_wrong_kind_is_an_error(
    sources: Sources, name: str, content: str | bytes, message: str
) -> None:
    write(sources.folder / name, content)
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings({}, sources)
    assert WORD not in str(caught.value)


def test_a_folder_of_too_many_bytes_is_an_error(sources: Sources) -> None:
    for number in range(FOLDER_LIMIT // FILE_LIMIT + 1):
        write(sources.folder / f".secrets/{number}", b"x" * FILE_LIMIT)
    with pytest.raises(SettingsError, match=r"\.secrets: holds more than 8388608 bytes"):
        read_settings({}, sources)


def test_an_empty_secrets_file_is_no_secrets(sources: Sources) -> None:
    write(sources.folder / ".secrets.yaml", "# nothing yet\n")
    assert read_settings({}, sources).secrets == {}


# config


def test_mounted_documents_are_merged_by_top_key_in_the_order_of_their_names(sources: Sources) -> None:
    write_mount(
        sources.config_mount,
        {
            "10-base.yaml": "a: 1\nb: {x: 1}\ntimeout: 5m\n",
            "20-more.json": '{"b": {"y": 2}, "c": [1]}',
            "05.yml": "a: 0\nz: 9",
        },
    )
    workflow = {"a": -1, "b": {"x": 0, "w": 0}, "timeout": "30s", "retries": 2}
    assert read_settings(workflow, sources).config == {
        "a": 1,
        "b": {"y": 2},
        "timeout": "5m",
        "retries": 2,
        "c": [1],
        "z": 9,
    }
    assert workflow == {"a": -1, "b": {"x": 0, "w": 0}, "timeout": "30s", "retries": 2}


@pytest.mark.parametrize(
    ("name", "content", "value"),
    [
        ("endpoints", "- https://a\n", ["https://a"]),
        ("endpoints.yaml", "- https://a\n", ["https://a"]),
        ("endpoints.yml", "{a: 1}", {"a": 1}),
        ("endpoints.JSON", '{"a": 1}', {"a": 1}),
        ("endpoints.yaml", "", None),
    ],
)
def test_a_file_named_after_a_key_of_the_config_replaces_it(
    sources: Sources, name: str, content: str, value: Any
) -> None:
    write_mount(sources.config_mount, {name: content})
    assert read_settings({"endpoints": {"old": True}}, sources).config == {"endpoints": value}


def test_a_literal_sets_the_key_of_its_name(sources: Sources) -> None:
    write_mount(
        sources.config_mount, {"region": "eu", "limit": "5", "on": "true", "query.sql": "select: *", "empty.yaml": ""}
    )
    assert read_settings({}, sources).config == {"region": "eu", "limit": 5, "on": True, "query.sql": "select: *"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("more.yaml", "- a", r"more\.yaml:1:1: must be a mapping, or be named after a key"),
        ("more.yaml", "a: 1\nb: [", r"more\.yaml:3:1: error: a value is missing"),
        ("more.yaml", "a: 1\na: 2", r"more\.yaml:2:1: error: the key \"a\" is written twice"),
        ("more.yaml", "a: .nan", r"more\.yaml:1:4: error: the value \.nan is not a JSON value"),
        ("literal", "'*", r"literal:"),
        ("logo.png", b"\xff", r"logo\.png: is not UTF-8 text"),
    ],
)
def test_invalid_config_is_an_error(sources: Sources, name: str, content: str | bytes, message: str) -> None:
    write_mount(sources.config_mount, {name: content})
    with pytest.raises(SettingsError, match=message):
        read_settings({}, sources)


def test_a_doubtful_value_in_the_config_gets_the_warning_it_gets_in_workflow_yaml(sources: Sources) -> None:
    write_mount(sources.config_mount, {"a.yaml": "dry: no"})
    settings = read_settings({}, sources)
    assert settings.config == {"dry": "no"}
    assert len(settings.warnings) == 1
    assert settings.warnings[0].startswith(f"{sources.config_mount / 'a.yaml'}:1:6: warning: the value no is text here")


# while running


class Watched:
    """A watch and what it warned of."""

    def __init__(self, sources: Sources, config: dict[str, Any]) -> None:
        self.said: list[str] = []
        self.watch = SettingsWatch(config, sources, self.said.append)


def test_nothing_changed_means_none(sources: Sources) -> None:
    write_mount(sources.config_mount, {"a": "1"})
    watched = Watched(sources, {})
    assert watched.watch.current == Settings({"a": 1}, {})
    assert [watched.watch.poll(), watched.watch.poll()] == [None, None]


def test_a_swapped_config_mount_is_taken_up(sources: Sources) -> None:
    write_mount(sources.config_mount, {"endpoints.yaml": "[a]", "gone": "x"})
    watched = Watched(sources, {"endpoints": []})
    write_mount(sources.config_mount, {"endpoints.yaml": "[b]"}, "2026_01_02")
    assert watched.watch.poll() == Settings({"endpoints": ["b"]}, {})
    assert watched.watch.current.config == {"endpoints": ["b"]}
    assert watched.watch.poll() is None


def test_a_rotated_secrets_mount_is_taken_up_and_so_is_one_that_appears(sources: Sources) -> None:
    watched = Watched(sources, {})
    write_mount(sources.secrets_mount, {"github": '{"token": "old"}'})
    assert watched.watch.poll() == Settings({}, {"github": {"token": "old"}})
    write_mount(sources.secrets_mount, {"github": '{"token": "new"}'}, "2026_01_02")
    assert watched.watch.poll() == Settings({}, {"github": {"token": "new"}})
    shutil.rmtree(sources.secrets_mount)
    assert watched.watch.poll() == Settings({}, {})


def test_edits_in_the_workflow_folder_are_taken_up(sources: Sources) -> None:
    write(sources.folder / ".secrets/a", "1")
    watched = Watched(sources, {})
    write(sources.folder / ".secrets/a", "2")
    assert watched.watch.poll() == Settings({}, {"a": {"value": "2"}})
    write(sources.folder / ".secrets.yaml", "a: {value: 3}")
    assert watched.watch.poll() == Settings({}, {"a": {"value": 3}})


def test_files_written_anew_with_the_same_content_change_nothing(sources: Sources) -> None:
    write_mount(sources.config_mount, {"a": "1"})
    watched = Watched(sources, {})
    write_mount(sources.config_mount, {"a": "1"}, "2026_01_02")
    assert watched.watch.poll() is None


def test_broken_settings_leave_the_last_good_ones_with_one_warning_each_and_a_count(sources: Sources) -> None:
    write_mount(sources.config_mount, {"a.yaml": "a: 1"})
    watched = Watched(sources, {})
    write_mount(sources.config_mount, {"a.yaml": "a: ["}, "2026_01_02")
    assert [watched.watch.poll(), watched.watch.poll()] == [None, None]
    assert watched.watch.failures == 2
    assert len(watched.said) == 1
    assert watched.said[0].endswith("the settings read before stay in use")
    assert watched.watch.current == Settings({"a": 1}, {})
    write_mount(sources.config_mount, {"a.yaml": "- a"}, "2026_01_03")
    assert watched.watch.poll() is None
    assert len(watched.said) == 2
    write_mount(sources.config_mount, {"a.yaml": "a: 2"}, "2026_01_04")
    assert watched.watch.poll() == Settings({"a": 2}, {})
    write_mount(sources.config_mount, {"a.yaml": "- a"}, "2026_01_05")
    assert watched.watch.poll() is None
    assert len(watched.said) == 3


def test_warnings_of_new_settings_are_said_once(sources: Sources) -> None:
    watched = Watched(sources, {})
    write(sources.folder / ".secrets/broken", "{")
    assert watched.watch.poll() is not None
    write(sources.folder / ".secrets/other", "x")
    assert watched.watch.poll() is not None
    assert len(watched.said) == 1


def test_warnings_of_the_first_settings_are_said_too(sources: Sources) -> None:
    path = write(sources.folder / ".secrets/broken", "{")
    watched = Watched(sources, {})
    assert watched.said == [f"{path}: begins like a JSON object but is none; taken as plain text"]


def test_settings_that_cannot_be_read_at_the_start_are_an_error(sources: Sources) -> None:
    write(sources.folder / ".secrets.yaml", "a: [")
    with pytest.raises(SettingsError, match=r"\.secrets\.yaml"):
        Watched(sources, {})
