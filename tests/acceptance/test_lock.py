"""`pipedreamer lock`, with an index that is a folder of wheels."""

import base64
import hashlib
import io
import json
import os
import pty
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.disks import FULL, left, needs_a_disk, on_disk
from tests.acceptance.running import StartEngine
from tests.registry import serving


def make_wheel(folder: Path, version: str) -> None:
    """A wheel of a package with one empty module, as small as the format allows."""
    info = f"tinything-{version}.dist-info"
    members = {
        "tinything.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tinything\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {name: hashlib.sha256(text.encode()).digest() for name, text in members.items()}
    record = [f"{name},sha256={base64.urlsafe_b64encode(sums[name]).decode().rstrip('=')}," for name in members]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(folder / f"tinything-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in members.items():
            wheel.writestr(name, text)


def make_source(folder: Path) -> None:
    """A source distribution without a wheel, whose metadata can be read without building it."""
    metadata = "Metadata-Version: 2.2\nName: tinysource\nVersion: 1.0\n"
    project = '[project]\nname = "tinysource"\nversion = "1.0"\n'
    with tarfile.open(folder / "tinysource-1.0.tar.gz", "w:gz") as archive:
        for name, text in {"PKG-INFO": metadata, "pyproject.toml": project}.items():
            member = tarfile.TarInfo(f"tinysource-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    make_wheel(folder, "1.0")
    return folder


@pytest.fixture
def offline(index: Path) -> dict[str, str]:
    return {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(index)}


@pytest.fixture
def flow(person: Any) -> Any:
    person.run("init", "my-flow")
    (person.folder / "my-flow" / "requirements.txt").write_text("tinything\n")
    return person


def test_a_workflow_without_packages_needs_no_lock(person: Any) -> None:
    person.run("init", "my-flow")
    done = person.run("lock", "my-flow")
    assert done.returncode == 0
    assert done.stdout == "this workflow asks for no packages\n"


def test_versions_are_written_down_and_the_second_time_nothing_changes(flow: Any, offline: dict[str, str]) -> None:
    first = flow.run("lock", "my-flow", env=offline)
    assert first.returncode == 0
    assert first.stdout == "wrote my-flow/requirements.lock: 1 package\n  tinything==1.0\n"
    assert first.stderr == "locking the packages of my-flow/requirements.txt\n"
    assert "--hash=sha256:" in (flow.folder / "my-flow" / "requirements.lock").read_text()
    second = flow.run("lock", "my-flow", env=offline)
    assert second.stdout == "my-flow/requirements.lock is up to date: 1 package\n  tinything==1.0\n"


def test_a_newer_version_is_taken_only_on_upgrade(flow: Any, offline: dict[str, str], index: Path) -> None:
    flow.run("lock", "my-flow", env=offline)
    make_wheel(index, "1.1")
    kept = json.loads(flow.run("lock", "my-flow", "-o", "json", env=offline).stdout)
    assert kept == {
        "ok": True,
        "file": "my-flow/requirements.lock",
        "packages": ["tinything==1.0"],
        "changed": False,
    }
    newer = json.loads(flow.run("lock", "my-flow", "--upgrade", "-o", "json", env=offline).stdout)
    assert newer["packages"] == ["tinything==1.1"]
    assert newer["changed"] is True


def test_a_package_that_is_nowhere_is_one_line(flow: Any, offline: dict[str, str]) -> None:
    (flow.folder / "my-flow" / "requirements.txt").write_text("tinythng\n")
    done = flow.run("lock", "my-flow", env=offline)
    assert done.returncode == 1
    *_, line = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert "tinythng" in line
    assert not (flow.folder / "my-flow" / "requirements.lock").exists()


def test_a_package_without_wheels_is_refused_unless_building_is_allowed(
    flow: Any, offline: dict[str, str], index: Path
) -> None:
    make_source(index)
    (flow.folder / "my-flow" / "requirements.txt").write_text("tinysource\n")
    refused = flow.run("lock", "my-flow", env=offline)
    assert refused.returncode == 1
    assert "`--allow-build`" in refused.stderr
    allowed = flow.run("lock", "my-flow", "--allow-build", env=offline)
    assert allowed.returncode == 0
    assert "tinysource==1.0" in allowed.stdout


@needs_a_disk
@pytest.mark.parametrize("read_only", [False, True])
def test_a_lock_that_cannot_be_written_is_named_and_the_old_one_stays(
    flow: Any, offline: dict[str, str], read_only: bool
) -> None:
    prepare = f"cp -a ../my-flow/* .; echo '# old' >requirements.lock; {FULL}"
    done = on_disk(flow, "lock", "disk", prepare=prepare, size="32k", read_only=read_only, env=offline)
    assert done.returncode == 1
    *_, line = done.stderr.splitlines()
    assert line.startswith("error: disk/requirements.lock cannot be written: ")
    assert line.endswith("a place that you may write to" if read_only else "make room there, or choose another place")
    assert left(flow)["requirements.lock"] == "# old\n"
    assert not [name for name in left(flow) if name.startswith(".writing")]


def test_a_terminal_shows_what_goes_on_in_one_line_that_moves(flow: Any, offline: dict[str, str]) -> None:
    moving = progress(flow, offline)
    assert "\x1b[" in moving
    assert "locking the packages" in moving
    plain = progress(flow, {**offline, "TERM": "dumb"})
    assert plain == "locking the packages of my-flow/requirements.txt\r\n"


def test_a_workflow_of_two_languages_gets_both_locks(flow: Any, offline: dict[str, str]) -> None:
    folder = flow.folder / "my-flow"
    workflow = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(workflow.replace("nodes:\n", "nodes:\n  other: {path: nodes/other.ts}\n"))
    (folder / "nodes" / "other.ts").write_text('import { value } from "npm:alpha@1";\nexport default () => value;\n')
    unlocked = flow.run("validate", "my-flow")
    assert unlocked.returncode == 1
    assert (
        'my-flow/nodes/other.ts:1:23: error: the import "npm:alpha@1" of node "other" is not locked: '
        "there is no deno.lock (run `pipedreamer lock`)\n"
    ) in unlocked.stderr
    with serving() as registry:
        env = {**offline, **registry.settings}
        first = flow.run("lock", "my-flow", env=env)
        again = json.loads(flow.run("lock", "my-flow", "-o", "json", env=env).stdout)
    assert first.stdout == (
        "wrote my-flow/requirements.lock: 1 package\n  tinything==1.0\n"
        "wrote my-flow/deno.lock: 1 package\n  npm:alpha@1.0.0\n"
    )
    assert first.stderr == (
        "locking the packages of my-flow/requirements.txt\nlocking what the TypeScript nodes of my-flow import\n"
    )
    assert again["packages"] == ["tinything==1.0"]
    assert again["modules"] == {"file": "my-flow/deno.lock", "packages": ["npm:alpha@1.0.0"], "changed": False}
    assert flow.run("validate", "my-flow").returncode == 0


def test_nodes_run_with_what_was_locked_and_with_nothing_else(flow: Any) -> None:
    folder = flow.folder / "my-flow"
    (folder / "requirements.txt").unlink()
    (folder / "workflow.yaml").write_text((folder / "workflow.yaml").read_text().replace("hello.py", "hello.ts"))
    (folder / "deno.json").write_text('{"imports": {"alpha": "npm:alpha@1"}}')
    source = 'import {{ value }} from "alpha"; import common from "npm:common@1";\n{}\nexport default run;\n'
    (folder / "nodes" / "hello.ts").write_text(source.format("const run = () => [value, common.value];"))
    with serving() as registry:
        files = {"two.js": "module.exports = 'two';"}
        registry.add("common", "1.0.0", "exports.value = require('./two.js');", files, type="commonjs")
        unlocked = flow.run("run", "my-flow", env=registry.settings)
        assert unlocked.returncode == 1
        assert 'the import "alpha" of node "hello" is not locked' in unlocked.stderr
        flow.run("lock", "my-flow", env=registry.settings)
        done = flow.run("run", "my-flow", env=registry.settings)
        assert json.loads(done.stdout)["outputs"] == {"hello": ["one", "two"]}
        asked = len(registry.requests)
        again = flow.run("run", "my-flow", env=registry.settings)
        assert json.loads(again.stdout)["outputs"] == {"hello": ["one", "two"]}
        assert len(registry.requests) == asked
        computed = "const run = async () => (await import('npm:' + 'other')).value;"
        (folder / "nodes" / "hello.ts").write_text(source.format(computed))
        refused = json.loads(flow.run("run", "my-flow", env=registry.settings).stdout)
        assert refused["errors"]["hello"].startswith(
            'TypeError: npm package not found in cache: "other" [modules from '
        )
        assert "run `pipedreamer lock`] (nodes/hello.ts:2)" in refused["errors"]["hello"]
        assert len(registry.requests) == asked


def test_every_command_says_what_it_fetches(flow: Any, start: StartEngine) -> None:
    folder = flow.folder / "my-flow"
    (folder / "requirements.txt").unlink()
    (folder / "workflow.yaml").write_text((folder / "workflow.yaml").read_text().replace("hello.py", "hello.ts"))
    (folder / "nodes" / "hello.ts").write_text('import "npm:alpha@1";\nexport default () => 1;\n')
    (folder / "tests" / "fixtures" / "hello.json").write_text("{}")
    told = f"fetching 1 package for the TypeScript nodes of {folder} (once)\n"
    with serving() as registry:
        flow.run("lock", "my-flow", env=registry.settings)
        for command in ("run", "test"):
            assert flow.run(command, "my-flow", env=registry.settings).stderr == told
            assert flow.run(command, "my-flow", env=registry.settings).stderr == ""
            shutil.rmtree(flow.home / ".cache")
        for words in (["dev", "my-flow"], ["serve", "my-flow", "--log", "text"]):
            engine = start(*words, env=registry.settings)
            assert told in engine.err
            assert "fetching" not in engine.out
            shutil.rmtree(flow.home / ".cache")


def test_an_import_that_cannot_be_fetched_is_one_line_and_nothing_is_written(
    flow: Any, offline: dict[str, str]
) -> None:
    folder = flow.folder / "my-flow"
    (folder / "requirements.txt").unlink()
    workflow = (folder / "workflow.yaml").read_text()
    (folder / "workflow.yaml").write_text(workflow.replace("hello.py", "hello.ts"))
    (folder / "nodes" / "hello.ts").write_text('\nimport "npm:beta@1";\nexport default () => 1;\n')
    with serving() as registry:
        done = flow.run("lock", "my-flow", env={**offline, **registry.settings})
    assert done.returncode == 1
    assert (
        'my-flow/nodes/hello.ts:2:8: error: the import "npm:beta@1" of node "hello" asks for beta, which' in done.stderr
    )
    assert not (folder / "deno.lock").exists()


def progress(flow: Any, env: dict[str, str]) -> str:
    """What a terminal shows while a workflow is locked."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [flow.program, "lock", "my-flow"],
        cwd=flow.folder,
        env=flow.environment(env),
        stdout=subprocess.DEVNULL,
        stderr=follower,
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                shown += os.read(leader, 4096)
            except OSError:  # Linux says so when the last writer has gone
                break
    os.close(leader)
    assert process.returncode == 0
    return shown.decode()
