"""What commands write is there whole or not at all, and where it cannot be written they say which file and why."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.disks import FULL, left, needs_a_disk, on_disk

WORDS = {
    "schema": ("disk/schema.json", ["schema", "--out", "disk/schema.json"]),
    "visualize": ("disk/flow.html", ["visualize", "flow", "--format", "html", "--out", "disk/flow.html"]),
    "test": ("disk/junit.xml", ["test", "flow", "--junit", "disk/junit.xml"]),
}
NO_SPACE = "No space left on device; make room there, or choose another place"
NO_RIGHT = "Read-only file system; choose a place that you may write to"


@pytest.fixture
def flow(person: Any) -> Any:
    person.run("init", "flow")
    return person


@needs_a_disk
@pytest.mark.parametrize("command", WORDS)
@pytest.mark.parametrize(("read_only", "why"), [(False, NO_SPACE), (True, NO_RIGHT)])
def test_a_file_that_cannot_be_written_is_named_and_not_there(
    flow: Any, command: str, read_only: bool, why: str
) -> None:
    file, words = WORDS[command]
    done = on_disk(flow, *words, prepare=FULL, read_only=read_only)
    assert done.returncode == 1
    assert done.stderr == f"error: {file} cannot be written: {why}\n"
    assert left(flow) == {}


@needs_a_disk
def test_a_file_that_was_there_stays_as_it_was(flow: Any) -> None:
    done = on_disk(flow, *WORDS["schema"][1], prepare=f"echo old >schema.json; {FULL}")
    assert done.returncode == 1
    assert left(flow) == {"schema.json": "old\n"}


@needs_a_disk
def test_json_names_the_file_too(flow: Any) -> None:
    done = on_disk(flow, *WORDS["schema"][1], "-o", "json", prepare=FULL)
    assert json.loads(done.stdout)["error"]["message"] == f"disk/schema.json cannot be written: {NO_SPACE}"


@needs_a_disk
def test_init_makes_all_of_its_files_or_none(person: Any) -> None:
    last = "disk/my-flow/.pipedreamer/workflow.schema.json"  # of six pages; the files before it are of one each
    done = on_disk(person, "init", "disk/my-flow", size="36k")
    assert done.returncode == 1
    assert done.stderr == f"error: {last} cannot be written: {NO_SPACE}\n"
    assert left(person) == {}


@needs_a_disk
def test_init_in_a_folder_that_is_there_leaves_what_was_in_it(person: Any) -> None:
    prepare = "mkdir -p my-flow/nodes; echo mine >my-flow/nodes/own.py"
    assert on_disk(person, "init", "disk/my-flow", size="36k", prepare=prepare).returncode == 1
    assert left(person) == {"my-flow/": "", "my-flow/nodes/": "", "my-flow/nodes/own.py": "mine\n"}


@needs_a_disk
def test_init_names_the_folder_that_cannot_be_made(person: Any) -> None:
    done = on_disk(person, "init", "disk/my-flow", read_only=True)
    assert done.returncode == 1
    assert done.stderr == f"error: disk/my-flow cannot be written: {NO_RIGHT}\n"


@needs_a_disk
def test_details_that_cannot_be_kept_leave_no_file(person: Any) -> None:
    broken = person.folder / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import json\ndef dumps(*_, **__): raise ValueError(9000 * 'x')\njson.dumps = dumps\n"
    )
    env = {"PYTHONPATH": str(broken), "TMPDIR": str(person.folder / "disk")}
    done = on_disk(person, "schema", prepare="head -c 4k /dev/zero >filling", env=env)
    assert done.stderr.endswith("(run it again with --verbose for details; please report it)\n")
    assert left(person) == {}


def test_devices_and_links_are_written_to_as_they_are(person: Any) -> None:
    (person.folder / "link.json").symlink_to("real.json")
    assert person.run("schema", "--out", "link.json").returncode == 0
    assert (person.folder / "link.json").is_symlink()
    schema = person.run("schema").stdout
    assert (person.folder / "real.json").read_text() == schema
    assert person.run("schema", "--out", "/dev/stdout").stdout == f"{schema}wrote /dev/stdout\n"
    done = person.run("schema", "--out", "/dev/full")
    assert done.stderr == f"error: /dev/full cannot be written: {NO_SPACE}\n"


def test_a_file_keeps_its_mode_and_a_new_one_has_that_of_any_other(person: Any) -> None:
    file: Path = person.folder / "schema.json"
    umask = os.umask(0o022)
    try:
        person.run("schema", "--out", "schema.json")
        assert file.stat().st_mode & 0o777 == 0o644
        file.chmod(0o600)
        person.run("schema", "--out", "schema.json")
        assert file.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(umask)
