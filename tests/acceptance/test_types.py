"""`pipedreamer types`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.project.modules import TYPES, find_deno

WORKFLOW = """\
name: flow
version: "1.0"
triggers: [{type: manual}]
nodes:
  one: {path: nodes/one.ts}
"""
NODE = """\
import { type Context, FetchError } from "pipedreamer";
export default async function run(ctx: Context, input: { id: string }) {
  try {
    return await (await ctx.fetch("shop", `/orders/${input.id}`)).json();
  } catch (error) {
    if (error instanceof FetchError) ctx.log.warn("no answer", error);
    throw error;
  }
}
"""


@pytest.fixture
def flow(person: Any) -> Path:
    folder: Path = person.folder / "flow"
    (folder / "nodes").mkdir(parents=True)
    (folder / "workflow.yaml").write_text(WORKFLOW)
    (folder / "nodes" / "one.ts").write_text(NODE)
    return folder


def deno_check(person: Any, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [find_deno(), "check"],
        cwd=folder,
        env=person.environment({"DENO_DIR": str(person.home / "deno"), "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}),
        capture_output=True,
        text=True,
        check=False,
    )


def test_deno_knows_the_types_afterwards(person: Any, flow: Path) -> None:
    assert deno_check(person, flow).returncode != 0
    done = person.run("types", "flow")
    assert done.returncode == 0
    assert done.stdout == (
        "wrote flow/.pipedreamer/pipedreamer.ts\nwrote flow/deno.json\n"
        "  added flow/deno.json: imports.pipedreamer\n  added flow/deno.json: compilerOptions.lib\n"
    )
    assert deno_check(person, flow).returncode == 0
    (flow / "nodes" / "one.ts").write_text(NODE.replace("ctx.log.warn", "ctx.log.wran"))
    assert "Property 'wran' does not exist on type 'Logger'" in deno_check(person, flow).stderr
    assert person.run("validate", "flow").returncode == 0


def test_a_second_time_there_is_nothing_to_do(person: Any, flow: Path) -> None:
    person.run("types", "flow")
    again = person.run("types", "flow")
    assert (again.returncode, again.stdout) == (0, "everything that an editor needs is there\n")


def test_json_tells_what_was_written_and_added(person: Any, flow: Path) -> None:
    done = person.run("types", "flow", "-o", "json")
    assert json.loads(done.stdout) == {
        "ok": True,
        "files": ["flow/.pipedreamer/pipedreamer.ts", "flow/deno.json"],
        "added": ["flow/deno.json: imports.pipedreamer", "flow/deno.json: compilerOptions.lib"],
    }


def test_what_a_person_set_stays_and_what_is_missing_is_added(person: Any, flow: Path) -> None:
    (flow / "nodes" / "one.ts").write_text('import "@std/yaml"; import "std/path/mod.ts"; import "own";\n' + NODE)
    own = {
        "tasks": {"x": "deno lint"},
        "imports": {"own": "./own.ts"},
        "compilerOptions": {"lib": ["deno.worker"], "strict": False},
    }
    (flow / "deno.json").write_text(json.dumps(own, indent="\t"))
    assert person.run("types", "flow").returncode == 0
    text = (flow / "deno.json").read_text()
    assert "\n\t\t" in text
    assert json.loads(text) == own | {
        "imports": {
            "own": "./own.ts",
            "pipedreamer": "./.pipedreamer/pipedreamer.ts",
            "@std/yaml": "https://deno.land/std@0.224.0/yaml/mod.ts",
            "std/": "https://deno.land/std@0.224.0/",
        }
    }


def test_a_file_with_comments_is_left_as_it_is(person: Any, flow: Path) -> None:
    text = '{\n  // mine\n  "imports": {}\n}\n'
    (flow / "deno.jsonc").write_text(text)
    done = person.run("types", "flow")
    assert done.returncode == 1
    assert done.stderr == (
        "error: flow/deno.jsonc has comments, which writing it anew would lose: add "
        '"imports": {"pipedreamer": "./.pipedreamer/pipedreamer.ts"}, "compilerOptions": {"lib": ["deno.window"]} '
        "yourself\n"
    )
    assert (flow / "deno.jsonc").read_text() == text
    assert not (flow / ".pipedreamer").exists()
    (flow / "deno.jsonc").write_text(
        text.replace(
            "{}", '{"pipedreamer": "./.pipedreamer/pipedreamer.ts"}, "compilerOptions": {"lib": ["deno.window"]}'
        )
    )
    assert person.run("types", "flow").stdout == "wrote flow/.pipedreamer/pipedreamer.ts\n"
    assert deno_check(person, flow).returncode == 0


def test_an_import_map_in_a_file_of_its_own_gets_the_names(person: Any, flow: Path) -> None:
    (flow / "import_map.json").write_text('{"imports": {}}')
    assert person.run("types", "flow").returncode == 0
    assert json.loads((flow / "import_map.json").read_text()) == {
        "imports": {"pipedreamer": "./.pipedreamer/pipedreamer.ts"}
    }
    assert json.loads((flow / "deno.json").read_text())["importMap"] == "./import_map.json"
    assert deno_check(person, flow).returncode == 0


def test_the_types_are_renewed_and_those_of_a_person_s_own_are_kept(person: Any, flow: Path) -> None:
    (flow / "deno.json").write_text('{"imports": {"pipedreamer": "./own.ts"}}')
    (flow / "own.ts").write_text('export * from "./.pipedreamer/pipedreamer.ts";\n')
    (flow / ".pipedreamer").mkdir()
    (flow / ".pipedreamer" / "pipedreamer.ts").write_text("// of an earlier version\n")
    assert person.run("types", "flow").returncode == 0
    assert (flow / ".pipedreamer" / "pipedreamer.ts").read_text() == TYPES.read_text()
    assert json.loads((flow / "deno.json").read_text())["imports"] == {"pipedreamer": "./own.ts"}


def test_a_name_that_leads_to_no_file_is_mended_and_said(person: Any, flow: Path) -> None:
    (flow / "deno.json").write_text('{"imports": {"pipedreamer": "./mod.ts"}}')
    assert "  added flow/deno.json: imports.pipedreamer (was ./mod.ts, which is not there)\n" in (
        person.run("types", "flow").stdout
    )
    assert deno_check(person, flow).returncode == 0
    assert person.run("types", "flow").stdout == "everything that an editor needs is there\n"


def test_nothing_is_written_where_no_node_is_typescript(person: Any) -> None:
    person.run("init", "in-python")
    (person.folder / "empty").mkdir()
    for folder in ("in-python", "empty"):
        before = sorted((person.folder / folder).rglob("*"))
        assert person.run("types", folder).stdout == f"{folder} has no node in TypeScript\n"
        assert sorted((person.folder / folder).rglob("*")) == before


def test_nothing_is_written_where_one_file_cannot_be(person: Any, flow: Path) -> None:
    (flow / ".pipedreamer").write_text("a file where a folder should be")
    done = person.run("types", "flow")
    assert done.returncode == 1
    assert done.stderr.startswith("error: flow/.pipedreamer/pipedreamer.ts cannot be written: ")
    assert done.stderr.count("\n") == 1
    assert not (flow / "deno.json").exists()


def test_what_was_written_is_taken_back_where_the_next_file_cannot_be(person: Any, flow: Path) -> None:
    (flow / "deno.json").symlink_to("/proc/deno.json")
    done = person.run("types", "flow")
    assert done.returncode == 1
    assert done.stderr.startswith("error: flow/deno.json cannot be written: ")
    assert not (flow / ".pipedreamer" / "pipedreamer.ts").exists()
