"""`pipedreamer dev` with TypeScript nodes: every edit of what they are made of is taken up, or told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow
from tests.registry import Registry, serving

NODE = "export default async function run() { return value; }\n"
WITH_HELPER = f'import {{ value }} from "../answers.ts";\n{NODE}'
BY_NAME = f'import {{ value }} from "the-answer";\n{NODE}'
FROM_NPM = f'import {{ value }} from "npm:alpha@^1";\n{NODE}'


def is_reloaded(engine: Engine, file: Path, text: str, named: str) -> None:
    """Save a file, and wait until that was taken up."""
    told = f"reloaded: {named}\n"
    so_far = engine.err.count(told)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    engine.says(told, so_far + 1)


def test_helpers_data_and_the_import_map_are_taken_up(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    with_data = f'import value from "../data/rates.json" with {{ type: "json" }};\n{NODE}'
    with_deep = f'import {{ value }} from "./lib/deep/answer.ts";\n{NODE}'
    folder = write_workflow(
        {"a.ts": WITH_HELPER, "b.ts": with_deep, "c.ts": with_data, "d.ts": BY_NAME},
        files={
            "answers.ts": "export const value: number = 1;\n",
            "nodes/lib/deep/answer.ts": "export const value = 1;\n",
            "data/rates.json": "1",
            "one.ts": "export const value = 1;\n",
            "two.ts": "export const value = 2;\n",
            "deno.json": '{"imports": {"the-answer": "./one.ts"}}',
        },
    )
    engine = start("dev", folder)
    assert engine.run().outputs == {"a": 1, "b": 1, "c": 1, "d": 1}
    is_reloaded(engine, folder / "answers.ts", "export const value: number = 2;\n", "answers.ts")
    assert engine.run().outputs == {"a": 2, "b": 1, "c": 1, "d": 1}
    is_reloaded(engine, folder / "nodes/lib/deep/answer.ts", "export const value = 2;\n", "nodes/lib/deep/answer.ts")
    assert engine.run().outputs == {"a": 2, "b": 2, "c": 1, "d": 1}
    is_reloaded(engine, folder / "data/rates.json", "2", "data/rates.json")
    assert engine.run().outputs == {"a": 2, "b": 2, "c": 2, "d": 1}
    is_reloaded(engine, folder / "deno.json", '{"imports": {"the-answer": "./two.ts"}}', "deno.json")
    assert engine.run().outputs == {"a": 2, "b": 2, "c": 2, "d": 2}
    assert not (folder / "deno.lock").exists()


def test_a_helper_that_is_added_is_found_once_a_node_imports_it(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow({"a.ts": "export default () => 1;\n"})
    engine = start("dev", folder)
    is_reloaded(engine, folder / "answers.ts", "export const value = 2;\n", "answers.ts")
    is_reloaded(engine, folder / "nodes/a.ts", WITH_HELPER, "nodes/a.ts")
    assert engine.run().outputs == {"a": 2}


def test_a_run_under_way_keeps_the_modules_it_began_with(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    held = """\
        import { value } from "../answers.ts";

        export default async function run(_: unknown, input: { begun?: string; until: string }) {
          if (input.begun) {
            Deno.writeTextFileSync(input.begun, "");
            while (true) {
              try {
                Deno.statSync(input.until);
                break;
              } catch {
                await new Promise((done) => setTimeout(done, 10));
              }
            }
          }
          return value;
        }
    """
    folder = write_workflow({"a.ts": held}, files={"answers.ts": "export const value = 'old';\n"}, signs=True)
    engine = start("dev", folder)
    under_way = engine.call({"begun": str(signs / "begun"), "until": str(signs / "until")})
    eventually((signs / "begun").exists)
    is_reloaded(engine, folder / "answers.ts", "export const value = 'new';\n", "answers.ts")
    assert engine.run().outputs == {"a": "new"}
    (signs / "until").touch()
    assert under_way.answered().outputs == {"a": "old"}


BROKEN = [
    ("answers.ts", "export const value = (;\n", "flow/answers.ts:1:23: error: syntax error: "),
    (
        "answers.ts",
        'export const value = 1;\nthrow new Error("not today");\n',
        'Node "a": Error: not today (answers.ts:2)',
    ),
    ("answers.ts", "export const other = 1;\n", "does not provide an export named 'value'"),
    ("answers.ts", 'export { value } from "./nowhere.ts";\n', "flow/answers.ts:1:23: error: the import "),
    ("answers.ts", 'export { value } from "somewhere";\n', "is neither a file nor a name of the import map"),
    ("answers.ts", 'export { value } from "npm:alpha@1";\n', "is not locked: there is no deno.lock"),
    ("nodes/a.ts", "export const run = 1;\n", "flow/nodes/a.ts"),
    ("nodes/b.ts", "export default async function run( { }\n", "flow/nodes/b.ts:1:"),
    ("data/rates.json", "{", "rates.json"),
    ("deno.json", '{"imports": {"the-answer": 5}}', "flow/deno.json:1:14: error: the target of an import is text"),
    ("deno.json", "{", "flow/deno.json:"),
]


def test_a_broken_edit_is_told_with_its_place_and_its_repair_is_taken_up(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    with_data = f'import value from "../data/rates.json" with {{ type: "json" }};\n{NODE}'
    folder = write_workflow(
        {"a.ts": WITH_HELPER, "b.ts": BY_NAME, "c.ts": with_data},
        files={
            "answers.ts": "export const value = 1;\n",
            "data/rates.json": "1",
            "deno.json": '{"imports": {"the-answer": "./answers.ts"}}',
        },
    )
    engine = start("dev", folder)
    for file, content, said in BROKEN:
        good = (folder / file).read_text()
        so_far = engine.err
        (folder / file).write_text(content)
        told = f"kept the last good code after a change of {file}\n"
        engine.says(told, so_far.count(told) + 1)
        assert said in engine.err.removeprefix(so_far)
        assert engine.run().outputs == {"a": 1, "b": 1, "c": 1}
        is_reloaded(engine, folder / file, good, file)
    assert "Traceback" not in engine.err
    is_reloaded(engine, folder / "answers.ts", "export const value = 2;\n", "answers.ts")
    assert engine.run().outputs == {"a": 2, "b": 2, "c": 1}


# what is locked


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serving() as made:
        yield made


def test_a_lock_that_is_written_while_it_runs_is_taken_up(
    write_workflow: WriteWorkflow, start: StartEngine, person: Any, registry: Registry
) -> None:
    folder = write_workflow({"a.ts": "export default () => 'none';\n"})
    engine = start("dev", folder, env=registry.settings)
    (folder / "nodes" / "a.ts").write_text(FROM_NPM)
    engine.says("kept the last good code after a change of nodes/a.ts\n")
    assert 'the import "npm:alpha@^1" of node "a" is not locked' in engine.err
    assert person.run("lock", folder, env=registry.settings).returncode == 0
    engine.says("reloaded: deno.lock\n")
    assert engine.run().outputs == {"a": "one"}
    registry.add("alpha", "1.1.0", "export const value = 'newer';")
    assert person.run("lock", folder, "--upgrade", env=registry.settings).returncode == 0
    engine.says("reloaded: deno.lock\n", 2)
    assert engine.run().outputs == {"a": "newer"}
    engine.says(f"fetching 1 package for the TypeScript nodes of {folder} (once)\n", 2)


def test_runs_are_answered_while_packages_are_fetched(
    write_workflow: WriteWorkflow, start: StartEngine, person: Any, registry: Registry
) -> None:
    folder = write_workflow({"a.ts": FROM_NPM})
    assert person.run("lock", folder, env=registry.settings).returncode == 0
    (folder / "nodes" / "a.ts").write_text("export default () => 'none';\n")
    engine = start("dev", folder, env=registry.settings)
    registry.asked_for_archive.clear()
    registry.open.clear()
    (folder / "nodes" / "a.ts").write_text(FROM_NPM)
    assert registry.asked_for_archive.wait(60)
    assert engine.run().outputs == {"a": "none"}
    registry.open.set()
    engine.says("reloaded: nodes/a.ts\n")
    assert engine.run().outputs == {"a": "one"}


def test_a_fetch_that_fails_is_told_and_the_last_good_code_stays(
    write_workflow: WriteWorkflow, start: StartEngine, person: Any, registry: Registry
) -> None:
    folder = write_workflow({"a.ts": FROM_NPM})
    assert person.run("lock", folder, env=registry.settings).returncode == 0
    good = (folder / "deno.lock").read_text()
    engine = start("dev", folder, env=registry.settings)
    lock = json.loads(good)
    lock["npm"]["alpha@1.0.0"]["integrity"] = "sha512-" + "A" * 86 + "=="
    (folder / "deno.lock").write_text(json.dumps(lock))
    engine.says("kept the last good code after a change of deno.lock\n")
    assert "a module is not the one that was locked" in engine.err
    assert engine.run().outputs == {"a": "one"}
    is_reloaded(engine, folder / "deno.lock", good, "deno.lock")
