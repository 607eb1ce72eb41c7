"""`pipedreamer init`."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.project.modules import find_deno

MADE = {
    ".gitignore",
    ".pipedreamer/workflow.schema.json",
    "README.md",
    "nodes/hello.py",
    "tests/fixtures/hello.json",
    "workflow.yaml",
}


TYPESCRIPT_MADE = MADE - {"nodes/hello.py"} | {"nodes/hello.ts", "deno.json", ".pipedreamer/pipedreamer.ts"}


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_is_valid_and_says_what_to_type_next(person: Any) -> None:
    done = person.run("init", "my-flow")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "  cd my-flow\n  pipedreamer test\n  pipedreamer dev\n" in done.stdout
    assert set(contents(person.folder / "my-flow")) == MADE
    checked = json.loads(person.run("validate", "my-flow", "-o", "json").stdout)
    assert checked == {"ok": True, "problems": [], "name": "my-flow", "version": "1.0", "stages": [["hello"]]}


def test_a_workflow_in_typescript_is_valid_and_its_types_are_known(person: Any) -> None:
    done = person.run("init", "my-flow", "--typescript")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "  nodes/hello.ts             a node\n" in done.stdout
    made = contents(person.folder / "my-flow")
    assert set(made) == TYPESCRIPT_MADE
    assert "hello.py" not in "".join(made.values())
    checked = json.loads(person.run("validate", "my-flow", "-o", "json").stdout)
    assert checked == {"ok": True, "problems": [], "name": "my-flow", "version": "1.0", "stages": [["hello"]]}
    assert person.run("types", "my-flow").stdout == "everything that an editor needs is there\n"
    for tool in (["check"], ["lint"], ["fmt", "--check", "--line-width=120", "nodes"]):
        quiet = {"DENO_NO_UPDATE_CHECK": "1", "DENO_DIR": str(person.home / "deno")}
        said = subprocess.run(
            [find_deno(), *tool],
            cwd=person.folder / "my-flow",
            env=person.environment(quiet),
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stderr


def test_a_workflow_in_typescript_passes_its_test_and_runs(person: Any) -> None:
    person.run("init", "my-flow", "--typescript")
    assert "1/1 tests passed" in person.run("test", "my-flow").stdout
    done = person.run("run", "my-flow", "--input", "{}")
    assert json.loads(done.stdout)["outputs"] == {"hello": {"greeting": "Hello, world!"}}
    assert "[hello] INFO greeting world" in done.stderr


def test_the_workflow_has_the_folder_s_name_everywhere(person: Any) -> None:
    person.run("init", "flows/daily-report")
    made = contents(person.folder / "flows" / "daily-report")
    assert "name: daily-report\n" in made["workflow.yaml"]
    assert made["README.md"].startswith("# daily-report\n")
    assert [path for path, text in made.items() if "my-flow" in text] == []


def test_secrets_are_ignored_by_git(person: Any) -> None:
    person.run("init", "my-flow")
    assert ".secrets*" in (person.folder / "my-flow" / ".gitignore").read_text().splitlines()


def test_the_editor_s_schema_is_the_one_that_is_printed(person: Any) -> None:
    person.run("init", "my-flow")
    first_line = (person.folder / "my-flow" / "workflow.yaml").read_text().splitlines()[0]
    named = first_line.removeprefix("# yaml-language-server: $schema=")
    assert (person.folder / "my-flow" / named).read_text() == person.run("schema").stdout


def test_a_second_init_changes_nothing_and_names_the_file(person: Any) -> None:
    person.run("init", "my-flow")
    before = contents(person.folder)
    done = person.run("init", "my-flow")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: my-flow/workflow.yaml is there already")
    assert done.stderr.count("\n") == 1
    assert contents(person.folder) == before


def test_one_file_in_the_way_stops_it_before_anything_is_made(person: Any) -> None:
    (person.folder / "my-flow" / "nodes").mkdir(parents=True)
    (person.folder / "my-flow" / "nodes" / "hello.py").symlink_to("nowhere")
    done = person.run("init", "my-flow")
    assert done.returncode == 1
    assert "my-flow/nodes/hello.py is there already" in done.stderr
    assert os.listdir(person.folder / "my-flow") == ["nodes"]  # noqa: PTH208 - names are enough


def test_a_file_of_that_name_is_in_the_way(person: Any) -> None:
    (person.folder / "my-flow").write_text("mine")
    done = person.run("init", "my-flow")
    assert done.returncode == 1
    assert done.stderr == "error: my-flow is there already and is not a folder; choose another name\n"


def test_a_dot_means_this_folder_and_its_name(person: Any) -> None:
    folder = person.folder / "billing"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    done = person.run("init", ".", folder=folder)
    assert done.returncode == 0
    assert "  cd " not in done.stdout
    assert set(contents(folder)) == MADE | {"notes.txt"}
    assert "name: billing\n" in (folder / "workflow.yaml").read_text()


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("My Flow", "pipedreamer init my-flow"),
        ("flows/Daily_Report", "pipedreamer init flows/daily-report"),
        ("dailyReport", "pipedreamer init daily-report"),
        ("a" * 41, f"pipedreamer init {'a' * 40}"),
    ],
)
def test_a_name_that_no_workflow_can_have_is_wrong_use_with_the_nearest_right_one(
    person: Any, given: str, remedy: str
) -> None:
    done = person.run("init", given)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"try `{remedy}`" in done.stderr
    assert contents(person.folder) == {}
    assert person.run(*remedy.split()[1:]).returncode == 0


def test_json_tells_what_was_made(person: Any) -> None:
    done = person.run("init", "my-flow", "-o", "json")
    document = json.loads(done.stdout)
    assert document["ok"] is True
    assert document["name"] == "my-flow"
    assert document["folder"] == str(person.folder / "my-flow")
    assert set(document["files"]) == MADE


def test_a_folder_that_cannot_be_written_is_one_line(person: Any) -> None:
    (person.folder / "nodes").write_text("a file where the nodes' folder should be")
    done = person.run("init", ".")
    assert done.returncode == 1
    assert done.stderr == "error: nodes/hello.py cannot be written: Not a directory; a part of its path is a file\n"
