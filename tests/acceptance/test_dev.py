"""`pipedreamer dev`: the first minutes, and every edit taken up."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.running import Engine, StartEngine, eventually
from tests.conftest import WriteWorkflow

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
"""What `curl -d` says of whatever it sends."""

ASK = "import answers\n\n\ndef run(ctx, input):\n    return answers.ANSWER\n"
ONE = "def run(ctx, input):\n    return 1\n"
TWO = ONE.replace("1", "2")
SETTINGS = "def run(ctx, input):\n    return [ctx.config, sorted(ctx.secrets)]\n"


def save(file: Path, content: str) -> None:
    """As most editors do it: a file beside it, renamed over it."""
    beside = file.with_name(f".{file.name}.swp")
    beside.write_text(content)
    beside.rename(file)


def comes_to(engine: Engine, output: Any, node: str = "a") -> None:
    eventually(lambda: engine.run().outputs[node] == output, lambda: f"{output}; it says\n{engine.out}{engine.err}")


def test_the_first_minute_works_as_it_is_written_down(person: Any, start: StartEngine) -> None:
    person.run("init", "my-flow")
    folder = person.folder / "my-flow"
    assert person.run("test", folder=folder).returncode == 0
    engine = start("dev", folder=folder)
    answer = engine.ask("POST", "/run", '{"name": "Ada"}', FORM)
    assert answer.outputs == {"hello": {"greeting": "Hello, Ada!"}}
    assert f"my-flow 1.0 is running at http://127.0.0.1:{engine.port}\n" in engine.err
    assert "\n  curl -d " in engine.err
    engine.says("[hello] INFO greeting Ada")


def test_json_output_is_a_line_that_says_where_and_then_the_nodes_lines(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    engine = start("-o", "json", "dev", write_workflow({"a": "def run(ctx, input):\n    print('hello')\n"}))
    assert engine.run().status == 200
    engine.says("hello")
    started, line = map(json.loads, engine.out.splitlines())
    assert started == {"ok": True, "workflow": "flow", "version": "1.0", "url": f"http://127.0.0.1:{engine.port}"}
    assert (line["node"], line["message"]) == ("a", "hello")


def test_a_node_a_helper_and_a_package_are_taken_up(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    use = "from parts.inner import PART\n\n\nasync def run(ctx, input):\n    return PART\n"
    folder = write_workflow(
        {"a": ASK, "b": use, "c": ONE},
        files={
            "answers.py": "ANSWER = 1\n",
            "parts/__init__.py": "",
            "nodes/parts/inner.py": "",
            "parts/inner.py": "PART = 1\n",
        },
    )
    shutil.rmtree(folder / "nodes" / "parts")
    engine = start("dev", folder)
    assert engine.run().outputs == {"a": 1, "b": 1, "c": 1}
    (folder / "answers.py").write_text("ANSWER = 2\n")
    engine.says("reloaded: answers.py\n")
    assert engine.run().outputs == {"a": 2, "b": 1, "c": 1}
    (folder / "parts" / "inner.py").write_text("PART = 2\n")
    engine.says("reloaded: parts/inner.py\n")
    (folder / "nodes" / "c.py").write_text(TWO)
    engine.says("reloaded: nodes/c.py\n")
    assert engine.run().outputs == {"a": 2, "b": 2, "c": 2}
    assert list(folder.rglob("__pycache__")) == []


def test_a_node_that_is_added_and_the_version_are_taken_up(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder)
    write_workflow({"a": ONE, "b": "def run(ctx, input):\n    return [input, 'b']\n"}, [("a", "b")])
    eventually(lambda: engine.run().outputs == {"a": 1, "b": [1, "b"]})
    yaml = folder / "workflow.yaml"
    yaml.write_text(yaml.read_text().replace('"1.0"', '"1.1"'))
    eventually(lambda: engine.run().json["version"] == "1.1")
    assert engine.ask("GET", "/health").json["version"] == "1.1"


def test_an_input_schema_is_taken_up(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    engine = start("dev", write_workflow({"a": ONE}))
    assert engine.run({"name": 1}).status == 200
    write_workflow({"a": ONE}, extra="input: {properties: {name: {type: string}}}")
    eventually(lambda: engine.run({"name": 1}).status == 422)
    assert engine.run({"name": "Ada"}).status == 200


def test_config_and_secrets_are_taken_up(write_workflow: WriteWorkflow, start: StartEngine, tmp_path: Path) -> None:
    folder = write_workflow({"a": SETTINGS}, extra="config: {most: 1}")
    (tmp_path / "config").mkdir()
    engine = start("dev", folder, "--config", tmp_path / "config")
    assert engine.run().outputs == {"a": [{"most": 1}, []]}
    (folder / ".secrets.yaml").write_text("github: {token: first-one}\n")
    comes_to(engine, [{"most": 1}, ["github"]])
    (folder / ".secrets").mkdir()
    (folder / ".secrets" / "stripe").write_text("another-one")
    comes_to(engine, [{"most": 1}, ["github", "stripe"]])
    write_workflow({"a": SETTINGS}, extra="config: {most: 2}")
    comes_to(engine, [{"most": 2}, ["github", "stripe"]])
    (tmp_path / "config" / "most").write_text("3")
    comes_to(engine, [{"most": 3}, ["github", "stripe"]])


def test_wider_permissions_are_told_and_take_a_restart(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    secrets = {".secrets.yaml": "github: {token: first-one}\nslack: {token: another-one}\n"}
    folder = write_workflow({"a": SETTINGS}, extra="permissions: {net: [a.com], secrets: [github]}", files=secrets)
    engine = start("dev", folder)
    comes_to(engine, [{}, ["github"]])
    yaml = folder / "workflow.yaml"
    before = yaml.read_text()
    save(yaml, before.replace("[a.com]", "[a.com, b.com]").replace("[github]", "[github, slack]"))
    engine.says(
        "error: the permissions would become wider, which takes a restart: connections to b.com:443, "
        "the secret slack in ctx.secrets\n"
        "kept the last good code: stop dev and start it again to take up workflow.yaml\n"
    )
    assert engine.run().outputs == {"a": [{}, ["github"]]}
    save(yaml, before.replace("[github]", "[]"))
    comes_to(engine, [{}, []])


def test_runs_under_way_keep_the_code_they_began_with(
    write_workflow: WriteWorkflow, start: StartEngine, signs: Path
) -> None:
    held = """\
        import asyncio
        from pathlib import Path
        import answers

        async def run(ctx, input):
            if input:
                Path(input["begun"]).touch()
                while not Path(input["until"]).exists():
                    await asyncio.sleep(0.01)
            return answers.ANSWER
    """
    after = "def run(ctx, input):\n    return [input, 'old']\n"
    folder = write_workflow({"a": held, "b": after}, [("a", "b")], files={"answers.py": "ANSWER = 'old'\n"}, signs=True)
    engine = start("dev", folder)
    family = engine.process.descendants
    under_way = engine.call({"begun": str(signs / "begun"), "until": str(signs / "until")})
    eventually((signs / "begun").exists)
    (folder / "answers.py").write_text("ANSWER = 'new'\n")
    (folder / "nodes" / "b.py").write_text(after.replace("old", "new"))
    comes_to(engine, ["new", "new"], "b")
    (signs / "until").touch()
    assert under_way.answered().outputs == {"a": "old", "b": ["old", "old"]}
    eventually(lambda: len(family & engine.process.descendants) == 1, "the old workers' end")


def test_two_edits_in_the_same_second_are_both_taken_up(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"a": ASK}, files={"answers.py": "ANSWER = 1\n"})
    engine = start("dev", folder)
    for number in (2, 3, 4):
        (folder / "answers.py").write_text(f"ANSWER = {number}\n")
        os.utime(folder / "answers.py", (1_700_000_000, 1_700_000_000))
        comes_to(engine, number)


def test_files_saved_by_renaming_are_taken_up_and_only_they_are_named(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder)
    save(folder / "nodes" / "a.py", TWO)
    engine.says("reloaded: nodes/a.py\n")
    assert engine.run().outputs == {"a": 2}
    save(folder / "workflow.yaml", (folder / "workflow.yaml").read_text().replace("nodes/a.py", "nodes/b.py"))
    engine.says("kept the last good code after a change of workflow.yaml\n")
    save(folder / "nodes" / "b.py", ONE)
    engine.says("reloaded: nodes/b.py\n")
    assert engine.run().outputs == {"a": 1}


BROKEN = [
    ("workflow.yaml", "name: flow\nnodes: [a\n", "flow/workflow.yaml:2:8: error: "),
    ("workflow.yaml", "edges: [{from: a, to: b}, {from: b, to: a}]\n", "a -> b -> a"),
    ("workflow.yaml", "input: {type: objct}\n", "flow/workflow.yaml:7:15: error: input.type"),
    ("nodes/a.py", "def run(ctx, input):\n    return (\n", "flow/nodes/a.py:2:12: error: "),
    ("nodes/a.py", "def walk(ctx, input):\n    return 1\n", "flow/nodes/a.py"),
    ("nodes/a.py", "import nosuchthing\n\ndef run(ctx, input):\n    pass\n", "nodes/a.py:1: ModuleNotFoundError"),
    ("nodes/a.py", "1 / 0\n\ndef run(ctx, input):\n    pass\n", "nodes/a.py:1: ZeroDivisionError"),
    ("nodes/a.py", "import os\nos._exit(3)\n\ndef run(ctx, input):\n    pass\n", "exited with code 3 while it loaded"),
    ("answers.py", "ANSWER = (\n", "answers.py:1: SyntaxError"),
    (".secrets.yaml", "github: [\n", "/flow/.secrets.yaml:2:1: "),
]


def test_a_broken_edit_is_told_with_its_place_and_the_last_good_code_stays(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow({"a": ASK, "b": ONE}, files={"answers.py": "ANSWER = 'good'\n", ".secrets.yaml": "{}\n"})
    engine = start("dev", folder)
    for file, content, said in BROKEN:
        good = (folder / file).read_text()
        so_far = engine.err
        extends = content.startswith(("edges", "input"))
        (folder / file).write_text(good.replace("edges: []\n", "") + content if extends else content)
        told = f"kept the last good code after a change of {file}\n"
        engine.says(told, so_far.count(told) + 1)
        assert said in engine.err.removeprefix(so_far)
        assert engine.run().outputs == {"a": "good", "b": 1}
        (folder / file).write_text(good)
        engine.says(f"reloaded: {file}\n", so_far.count(f"reloaded: {file}\n") + 1)
    assert "Traceback" not in engine.err
    (folder / "answers.py").write_text("ANSWER = 'mended'\n")
    comes_to(engine, "mended")


def test_a_file_that_was_deleted_and_comes_back_is_taken_up(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder)
    (folder / "nodes" / "a.py").unlink()
    engine.says("flow/workflow.yaml:5:13: error: the node's file nodes/a.py does not exist")
    assert engine.run().outputs == {"a": 1}
    (folder / "nodes" / "a.py").write_text(TWO)
    comes_to(engine, 2)


def test_a_folder_that_was_deleted_or_replaced_is_watched_again(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder)
    shutil.rmtree(folder)
    engine.says("kept the last good code")
    assert engine.run().outputs == {"a": 1}
    write_workflow({"a": TWO})
    comes_to(engine, 2)
    folder.rename(folder.with_name("before"))
    write_workflow({"a": ONE})
    comes_to(engine, 1)
    (folder / "nodes" / "a.py").write_text(TWO)
    comes_to(engine, 2)


def test_its_own_output_in_the_folder_is_no_edit(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder, logs=folder / "logs")
    (folder / "nodes" / "a.py").write_text(TWO)
    comes_to(engine, 2)
    (folder / "tee.log").write_text("what `dev | tee tee.log` writes\n")
    (folder / "nodes" / "a.py").write_text(ONE)
    comes_to(engine, 1)
    assert engine.err.count("reloaded: ") == engine.err.count("reloaded: nodes/a.py\n") <= 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_with_0_and_leaves_no_process(
    write_workflow: WriteWorkflow, start: StartEngine, number: signal.Signals
) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder)
    (folder / "nodes" / "a.py").write_text(TWO)
    comes_to(engine, 2)
    family = engine.process.descendants
    engine.signal(number)
    assert engine.ended() == 0
    eventually(lambda: not any(one.alive for one in family), "the end of its processes")
    assert "Traceback" not in engine.err


def test_a_second_ctrl_c_does_not_wait_for_runs(write_workflow: WriteWorkflow, start: StartEngine, signs: Path) -> None:
    hog = "def run(ctx, input):\n    open(input, 'w')\n    while True:\n        pass\n"
    engine = start("dev", write_workflow({"a": hog}, extra="config: {timeout: 1h}", signs=True))
    family = engine.process.descendants
    caller = engine.call(str(signs / "begun"))
    eventually((signs / "begun").exists)
    engine.signal(signal.SIGINT)
    eventually(lambda: engine.ask("GET", "/ready").status == 503)
    engine.signal(signal.SIGINT)
    assert caller.answered().status == 503
    assert engine.ended() == 0
    eventually(lambda: not any(one.alive for one in family), "the end of its processes")


def test_a_newer_edit_ends_a_load_that_hangs(write_workflow: WriteWorkflow, start: StartEngine, signs: Path) -> None:
    folder = write_workflow({"a": ONE}, signs=True)
    engine = start("dev", folder)
    loading = signs / "loading"
    save(folder / "nodes" / "a.py", f"open({str(loading)!r}, 'w').close()\nwhile True: pass\n{ONE}")
    eventually(loading.exists, lambda: f"the load; it says\n{engine.err}")
    save(folder / "nodes" / "a.py", TWO)
    comes_to(engine, 2)
    assert "were not loaded within" not in engine.err


def test_its_own_record_is_no_edit(write_workflow: WriteWorkflow, start: StartEngine) -> None:
    folder = write_workflow({"a": ONE})
    engine = start("dev", folder)
    assert (folder / ".pipedreamer").is_dir()
    engine.run()
    save(folder / "nodes" / "a.py", TWO)
    comes_to(engine, 2)
    assert engine.err.count("reloaded: ") == engine.err.count("reloaded: nodes/a.py\n") == 1


def test_an_entry_with_a_dot_that_is_made_while_it_runs_is_closed(
    write_workflow: WriteWorkflow, start: StartEngine
) -> None:
    read = "from pathlib import Path\n\n\ndef run(ctx, input):\n    return Path('.git/config').read_text()\n"
    folder = write_workflow({"a": read})
    engine = start("dev", folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    engine.says("reloaded: ")
    answer = engine.run()
    assert answer.status == 500
    assert b"secret" not in answer.body
