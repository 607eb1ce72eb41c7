"""From an import in a node to the module in a worker's Deno: the lock, the cache, and what is refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.integration.modules.conftest import Flow, modules, returned
from tests.registry import Registry

from pipedreamer.errors import PackageError, ProjectError
from pipedreamer.project import check
from pipedreamer.project.modules import Imports, Modules, lock_modules


def caches(tmp_path: Path) -> list[str]:
    folder = tmp_path / "cache/pipedreamer/modules"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def problems(caught: pytest.ExceptionInfo[ProjectError]) -> list[str]:
    return [str(problem) for problem in caught.value.problems]


def test_a_package_of_npm_is_locked_fetched_and_imported(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    said: list[str] = []
    report = lock_modules(flow.root, say=said.append)
    assert (report.file, report.packages, report.changed) == (flow.root / "deno.lock", ("npm:alpha@1.0.0",), True)
    found = modules(flow.root, said.append)
    assert returned(flow, found, tmp_path) == "one"
    assert said == [
        f"locking what the TypeScript nodes of {flow.root} import",
        f"fetching 1 package for the TypeScript nodes of {flow.root} (once)",
    ]
    assert sorted(path.name for path in flow.root.iterdir()) == ["deno.lock", "nodes", "workflow.yaml"]


def test_a_lock_has_hashes_and_no_address_of_a_mirror(registry: Registry, flow: Flow) -> None:
    lock_modules(flow.root)
    text = (flow.root / "deno.lock").read_text()
    assert '"integrity": "sha512-' in text
    assert "://" not in text


def test_a_mirror_that_keeps_its_archives_elsewhere_is_told(registry: Registry, flow: Flow) -> None:
    registry.elsewhere = True
    lock_modules(flow.root)
    with pytest.raises(PackageError, match=r"fetching the locked modules failed: .*alpha"):
        modules(flow.root)


def test_a_worker_fetches_nothing_and_needs_no_registry(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    lock_modules(flow.root)
    found = modules(flow.root)
    asked = len(registry.requests)
    assert returned(flow, found, tmp_path) == "one"
    again = modules(flow.root)
    assert (again.cache, again.lock) == (found.cache, found.lock)
    assert len(registry.requests) == asked


def test_a_cache_is_for_every_user_and_for_none_of_them_to_change(registry: Registry, flow: Flow) -> None:
    registry.files["/lib@1.0/mod.ts"] = b"export const b: number = 1;"
    flow.node(f'import "{registry.address}/lib@1.0/mod.ts"; import {{ value }} from "npm:alpha@1";')
    before = os.umask(0o077)
    try:
        lock_modules(flow.root)
        place = (modules(flow.root).cache or flow.root).parent
    finally:
        os.umask(before)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in [place, *place.rglob("*")]}
    assert modes == {(True, 0o755), (False, 0o644)}


def test_somebody_else_uses_a_cache_without_changing_it(registry: Registry, flow: Flow) -> None:
    scripts = {"postinstall": "true"}
    registry.add("beta", "1.0.0", "module.exports = { value: 'common' };", type="commonjs", scripts=scripts)
    registry.files["/lib@1.0/mod.ts"] = b"export const b: number = 1;"
    flow.node(f'import "{registry.address}/lib@1.0/mod.ts"; import {{ value }} from "npm:beta@1";')
    lock_modules(flow.root)
    made = modules(flow.root)
    assert made.cache is not None
    with TemporaryDirectory() as public:  # pytest's own is for one user
        there = Path(public)
        shutil.copytree(made.cache.parent, there / "place")
        shutil.copytree(flow.root, there / "flow")
        (there / "scratch").mkdir()
        found = Modules(made.import_map, there / "place" / "modules", there / "place" / "deno.lock")
        for path in [there, *there.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        (there / "scratch").chmod(0o755)
        before = {path: path.stat().st_mtime_ns for path in there.rglob("*")}
        somebody = 65534 if os.geteuid() == 0 else None  # for root no folder is read-only
        assert returned(Flow(there / "flow"), found, there / "scratch", somebody) == "common"
        after = {path: path.stat().st_mtime_ns for path in (there / "place").rglob("*")}
        assert after.items() <= before.items()
        there.chmod(0o755)


def test_a_cache_holds_what_the_lock_names_with_licences_and_nothing_else(
    registry: Registry, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JSR_URL")
    registry.files |= {
        "/lib@1.0/mod.ts": b"export const b: number = 1;",
        "/lib@1.0/LICENSE": b"do what you like",
    }
    flow.node(f'import "{registry.address}/lib@1.0/mod.ts"; import {{ value }} from "npm:alpha@1";')
    lock_modules(flow.root)
    cache = modules(flow.root).cache
    assert cache is not None
    files = [str(path.relative_to(cache.parent)) for path in cache.parent.rglob("*") if path.is_file()]
    host = registry.address.removeprefix("http://")
    package = "modules/npm/registry.npmjs.org/alpha/1.0.0"
    assert {f"{package}/index.js", f"{package}/LICENSE", f"licences/{host}/lib@1.0/LICENSE", "deno.lock"} <= set(files)
    assert sum(name.startswith("modules/remote/") for name in files) == 1
    assert sum(name.startswith("modules/gen/") for name in files) == 1
    assert not any("registry.json" in name or "cache_v" in name or "home" in name for name in files)


def test_a_moved_folder_and_another_one_with_the_same_lock_share_a_cache(
    registry: Registry, flow: Flow, tmp_path: Path
) -> None:
    flow.write("deno.json", '{"imports": {"alpha": "npm:alpha@1", "lib/": "./lib/"}}')
    flow.write("lib/x.ts", "export const x = 1;")
    flow.node('import { value } from "alpha"; import "lib/x.ts";')
    lock_modules(flow.root)
    first = modules(flow.root)
    flow.root.rename(tmp_path / "moved")
    moved = Flow(tmp_path / "moved")
    again = modules(moved.root)
    assert again.cache == first.cache
    assert returned(moved, again, tmp_path) == "one"


def test_nothing_from_outside_needs_neither_lock_nor_cache(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    flow.node(
        """\
        import type { Context } from "pipedreamer";
        import type { Z } from "npm:types-alone@1";
        import { sep } from "node:path";
        import { value } from "../lib/helper.ts";
        """
    )
    flow.write("lib/helper.ts", "export const value = 'helped';")
    assert lock_modules(flow.root).file is None
    found = modules(flow.root)
    assert (found.cache, found.lock, len(found.import_map["imports"])) == (None, None, 1)
    assert returned(flow, found, tmp_path) == "helped"
    assert registry.requests == []


def test_packages_keep_their_versions_until_an_upgrade(registry: Registry, flow: Flow) -> None:
    lock_modules(flow.root)
    registry.add("alpha", "1.1.0", "")
    again = lock_modules(flow.root)
    assert (again.packages, again.changed) == (("npm:alpha@1.0.0",), False)
    upgraded = lock_modules(flow.root, upgrade=True)
    assert (upgraded.packages, upgraded.changed) == (("npm:alpha@1.1.0",), True)


def test_what_is_no_longer_imported_leaves_the_lock_and_the_rest_keeps_its_version(
    registry: Registry, flow: Flow
) -> None:
    registry.add("needed", "1.0.0", "export const n = 1;")
    registry.add("beta", "1.0.0", "export { n } from 'needed';", dependencies={"needed": "^1.0.0"})
    registry.add_jsr("@own/thing", "1.0.0", "export const t = 1;")
    registry.files["/lib/mod.ts"] = b"export const m = 1;"
    both = f"""\
    import {{ value }} from "npm:alpha@1";
    import "npm:beta@1"; import "jsr:@own/thing@1"; import "{registry.address}/lib/mod.ts";
    """
    flow.node(both)
    assert lock_modules(flow.root).packages == (
        "npm:alpha@1.0.0",
        "npm:beta@1.0.0",
        "npm:needed@1.0.0",
        "jsr:@own/thing@1.0.0",
        f"{registry.address}/lib/mod.ts",
    )
    registry.add("alpha", "1.1.0", "")
    flow.node('import { value } from "npm:alpha@1";')
    assert lock_modules(flow.root).packages == ("npm:alpha@1.0.0",)
    lock = json.loads((flow.root / "deno.lock").read_text())
    assert lock["specifiers"] == {"npm:alpha@1": "1.0.0"}
    assert lock.keys() == {"version", "specifiers", "npm"}


def test_packages_with_peers_and_for_other_systems_are_kept_whole(
    registry: Registry, flow: Flow, tmp_path: Path
) -> None:
    registry.add("base_lib", "2.0.0", "export const v = 'peer';")
    registry.add("other-system", "1.0.0", "", os=["aix"])
    registry.add(
        "plug",
        "1.0.0",
        "export { v } from 'base_lib';",
        peerDependencies={"base_lib": "2"},
        optionalDependencies={"other-system": "1"},
    )
    flow.node('import { v } from "npm:plug@1"; const value = v;')
    report = lock_modules(flow.root)
    assert report.packages == ("npm:base_lib@2.0.0", "npm:other-system@1.0.0", "npm:plug@1.0.0")
    assert not lock_modules(flow.root).changed
    assert returned(flow, modules(flow.root), tmp_path) == "peer"


def test_a_package_of_jsr_is_had_from_a_mirror_too(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    registry.add_jsr("@own/words", "1.0.0", "export const word: string = 'jsr';")
    registry.add_jsr("@own/thing", "1.2.0", 'export { word } from "jsr:@own/words@1";')
    flow.node('import { word } from "jsr:@own/thing@^1"; const value = word;')
    assert lock_modules(flow.root).packages == ("jsr:@own/thing@1.2.0", "jsr:@own/words@1.0.0")
    assert "127.0.0.1" not in (flow.root / "deno.lock").read_text()
    assert check(flow.root) == ()
    assert returned(flow, modules(flow.root), tmp_path) == "jsr"


def test_the_own_import_map_counts_also_inside_of_what_is_fetched(
    registry: Registry, flow: Flow, tmp_path: Path
) -> None:
    registry.files |= {
        "/lib/mod.ts": b'export { value } from "@std/value";',
        "/std/value.ts": b"export const value: string = 'mapped';",
    }
    flow.write(
        "deno.json",
        f'{{"imports": {{"lib": "{registry.address}/lib/mod.ts", "@std/value": "{registry.address}/std/value.ts"}}}}',
    )
    flow.node('import { value } from "lib";')
    lock_modules(flow.root)
    assert returned(flow, modules(flow.root), tmp_path) == "mapped"


def test_our_names_are_known_to_fetched_modules_and_those_not_used_are_left_out(
    registry: Registry, flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The standard library's own host is not asked here: a mirror of the same form stands for it."""
    monkeypatch.setattr("pipedreamer.project.modules.std.ADDRESS", f"{registry.address}/std@0.224.0/")
    registry.files |= {
        "/x/lib@1.0/mod.ts": b'import { bold } from "@std/fmt/colors"; export const value: string = bold("a");',
        "/std@0.224.0/fmt/colors.ts": b'export { bold } from "../_bold.ts";',
        "/std@0.224.0/_bold.ts": b"export const bold = (text: string): string => `*${text}*`;",
        "/std@0.224.0/path/mod.ts": b"export {};",
    }
    flow.node(f'import "std/path/mod.ts"; import {{ value }} from "{registry.address}/x/lib@1.0/mod.ts";')
    lock_modules(flow.root)
    found = modules(flow.root)
    assert found.import_map["imports"].keys() == {"pipedreamer", "std/", "@std/fmt/colors"}
    assert returned(flow, found, tmp_path) == "*a*"


def test_data_that_is_imported_by_address_is_locked_too(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    registry.files["/data.json"] = b'{"v": "data"}'
    flow.node(f'import d from "{registry.address}/data.json" with {{ type: "json" }}; const value = d.v;')
    lock_modules(flow.root)
    assert returned(flow, modules(flow.root), tmp_path) == "data"


def test_install_scripts_never_run_and_are_told(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall"), f"touch {ran}")
    registry.add("alpha", "1.0.1", "export const value = 'scripted';", scripts=scripts)
    said: list[str] = []
    lock_modules(flow.root, say=said.append)
    assert "alpha@1.0.1 has install scripts, which are never run: it may not work in a node" in said
    assert returned(flow, modules(flow.root), tmp_path) == "scripted"
    assert not ran.exists()


def test_a_computed_import_finds_what_is_locked_and_nothing_else(
    registry: Registry, flow: Flow, tmp_path: Path
) -> None:
    lock_modules(flow.root)
    found = modules(flow.root)
    flow.node('const { value } = await import("npm:" + "alpha@1");')
    assert returned(flow, found, tmp_path) == "one"
    flow.node('const { value } = await import("npm:" + "beta");')
    assert "--cached-only is specified" in returned(flow, found, tmp_path)


# what does not fit


def test_every_import_that_is_not_locked_is_named_with_its_node_and_line(registry: Registry, flow: Flow) -> None:
    flow.node('import { value } from "npm:alpha@1";\nimport "../lib/more.ts";')
    flow.write("lib/more.ts", 'export {};\n  import "jsr:@own/thing@1";\n')
    with pytest.raises(ProjectError) as caught:
        modules(flow.root)
    rest = "is not locked: there is no deno.lock (run `pipedreamer lock`)"
    assert problems(caught) == [
        f'{flow.root}/lib/more.ts:2:10: error: the import "jsr:@own/thing@1" of node "a" {rest}',
        f'{flow.root}/nodes/a.ts:1:23: error: the import "npm:alpha@1" of node "a" {rest}',
    ]
    assert check(flow.root) == caught.value.problems
    assert registry.requests == []


@pytest.mark.parametrize(
    "added",
    ["npm:beta@1", "npm:alpha@^2", "jsr:@own/thing@1", "https://deno.land/std@0.224.0/yaml/mod.ts", "@std/yaml"],
)
def test_an_import_that_is_newer_than_the_lock_is_told(registry: Registry, flow: Flow, added: str) -> None:
    lock_modules(flow.root)
    asked = len(registry.requests)
    flow.node(f'import {{ value }} from "npm:alpha@1";\nimport "{added}";')
    with pytest.raises(ProjectError) as caught:
        modules(flow.root)
    (said,) = problems(caught)
    assert said == (
        f'{flow.root}/nodes/a.ts:2:8: error: the import "{added}" of node "a" is not in deno.lock, which is older '
        "(run `pipedreamer lock`)"
    )
    assert check(flow.root) == caught.value.problems
    assert len(registry.requests) == asked


@pytest.mark.parametrize("written", ["npm:alpha@1", "npm:alpha@^1.0", "npm:alpha@1.x", "npm:alpha", "npm:/alpha@~1.0"])
def test_a_lock_fits_however_a_version_is_written(registry: Registry, flow: Flow, written: str) -> None:
    flow.node(f'import {{ value }} from "{written}";')
    lock_modules(flow.root)
    assert check(flow.root) == ()


def test_a_version_of_jsr_that_is_not_locked_is_told_at_the_start(registry: Registry, flow: Flow) -> None:
    registry.add_jsr("@own/thing", "1.0.0", "export const value = 1;")
    flow.node('import { value } from "jsr:@own/thing@1";')
    lock_modules(flow.root)
    registry.add_jsr("@own/thing", "2.0.0", "export const value = 1;")
    flow.node('import { value } from "jsr:@own/thing@2";')
    with pytest.raises(
        PackageError, match=r"deno\.lock: it does not hold all that nodes import: run `pipedreamer lock`"
    ):
        modules(flow.root)


def test_a_package_that_changed_on_the_registry_is_not_taken(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    lock_modules(flow.root)
    registry.add("alpha", "1.0.0", "export const value = 'evil';")
    with pytest.raises(
        PackageError, match=r"is not the one that was locked; if you trust it: run `pipedreamer lock` \(.*"
    ):
        modules(flow.root)
    assert caches(tmp_path) == []


def test_a_module_that_changed_at_its_address_is_not_taken(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    registry.files["/mod.ts"] = b"export const value = 1;"
    flow.node(f'import {{ value }} from "{registry.address}/mod.ts";')
    lock_modules(flow.root)
    registry.files["/mod.ts"] = b"export const value = 'evil';"
    with pytest.raises(
        PackageError, match=r"is not the one that was locked; if you trust it: run `pipedreamer lock` \(.*"
    ):
        modules(flow.root)
    assert caches(tmp_path) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"version": "99"}', "\0"])
def test_a_lock_that_is_none_is_told_and_can_be_made_anew(registry: Registry, flow: Flow, text: str) -> None:
    flow.write("deno.lock", text)
    with pytest.raises((PackageError, ProjectError), match=r"deno\.lock"):
        modules(flow.root)
    assert any("deno.lock" in str(problem) for problem in check(flow.root))
    assert lock_modules(flow.root).packages == ("npm:alpha@1.0.0",)
    assert check(flow.root) == ()


def test_every_import_that_cannot_be_had_is_told_with_what_to_do(
    registry: Registry, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = registry.address
    monkeypatch.setenv("PIPEDREAMER_ALLOW_IMPORT", f"{here.removeprefix('http://')},127.0.0.1:1")
    registry.files |= {
        "/lib/mod.ts": b'import "./deeper.ts"; import "@std/unheard-of";',
        "/lib/deeper.ts": b'import "./deepest.ts";',
        "/odd.ts": b'import "@std/unheard-of";',
    }
    flow.node(
        f"""\
        import {{ value }} from "npm:alpha@9";
        import "npm:nowhere-to-be-found";
        import "jsr:@own/nothing@1";
        import "{here}/lib/mod.ts";
        import "{here}/odd.ts";
        import "http://127.0.0.1:1/refused.ts";
        import "http://elsewhere.example/mod.ts";
        """
    )
    with pytest.raises(ProjectError) as caught:
        lock_modules(flow.root)
    expected = [
        "asks for a version that there is not: Could not find npm package 'alpha' matching '9'. (check its spelling",
        "asks for nowhere-to-be-found, which the npm registry does not have: npm package 'nowhere-to-be-found' does",
        "leads to what does not exist: JSR package not found: @own/nothing (check its spelling and version)",
        f"needs a name that no import map explains (needed by {here}/lib/mod.ts): ",
        f"needs a name that no import map explains (needed by {here}/odd.ts): ",
        "cannot be fetched: Import 'http://127.0.0.1:1/refused.ts' failed. (check the address, the network, and the p",
        "comes from elsewhere.example:80, and nodes import from Deno's usual hosts only: ",
    ]
    said = [text.partition('of node "a" ')[2] for text in problems(caught)]
    assert [line[: len(start)] for line, start in zip(said, expected, strict=True)] == expected
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3, 4, 5, 6, 7]
    assert "set PIPEDREAMER_ALLOW_IMPORT=elsewhere.example:80 for yourself" in said[-1]
    assert not (flow.root / "deno.lock").exists()


def test_what_an_import_needs_in_turn_is_named(registry: Registry, flow: Flow) -> None:
    registry.files |= {"/lib/mod.ts": b'import "./deeper.ts";', "/lib/deeper.ts": b'import "./gone.ts";'}
    flow.node(f'import "{registry.address}/lib/mod.ts"; const value = 1;')
    with pytest.raises(ProjectError) as caught:
        lock_modules(flow.root)
    (said,) = problems(caught)
    assert f'leads to what does not exist (needed by {registry.address}/lib/deeper.ts): Module not found "' in said


def test_credentials_of_a_registry_are_never_shown(
    registry: Registry, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = registry.address.removeprefix("http://")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://somebody:pass-word@{host}/npm/")
    lock_modules(flow.root)
    assert "pass-word" not in (flow.root / "deno.lock").read_text()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://somebody:pass-word@127.0.0.1:1/npm/")
    with pytest.raises(ProjectError, match="cannot be fetched") as caught:
        lock_modules(flow.root, upgrade=True)
    assert "pass-word" not in str(caught.value)
    with pytest.raises(PackageError) as failed:
        modules(flow.root)
    assert "pass-word" not in str(failed.value)


def test_the_registry_of_the_person_counts_and_not_one_of_the_folder(
    registry: Registry, flow: Flow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = os.environ["NPM_CONFIG_REGISTRY"]
    monkeypatch.delenv("NPM_CONFIG_REGISTRY")
    (tmp_path / "home" / ".npmrc").write_text(f"registry={address}\n")
    flow.write(".npmrc", "registry=http://127.0.0.1:1/\n")
    flow.write("package.json", '{"dependencies": {"alpha": "9"}}')
    assert lock_modules(flow.root).packages == ("npm:alpha@1.0.0",)
    modules(flow.root)


def test_a_proxy_of_the_environment_is_used(
    registry: Registry, flow: Flow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://registry.example/npm/")
    monkeypatch.setenv("HTTP_PROXY", registry.address)
    with pytest.raises(ProjectError):
        lock_modules(flow.root)
    assert "http://registry.example/npm/alpha" in registry.requests


MAKE = """
import pathlib, sys
from pipedreamer.project.modules import Imports
print(Imports(pathlib.Path(sys.argv[1])).modules().cache)
"""


def test_two_at_once_make_one_cache(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    lock_modules(flow.root)
    registry.requests.clear()
    registry.open.clear()
    both = [
        subprocess.Popen([sys.executable, "-c", MAKE, str(flow.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    while sum(path.endswith(".tgz") for path in registry.requests) < 2:
        registry.asked_for_archive.wait(0.05)
        assert all(one.poll() is None for one in both)
    registry.open.set()
    found = {one.communicate()[0].strip() for one in both}
    assert [one.returncode for one in both] == [0, 0]
    assert len(found) == 1
    assert len(caches(tmp_path)) == 1


def test_one_that_is_killed_on_the_way_leaves_no_cache(registry: Registry, flow: Flow, tmp_path: Path) -> None:
    lock_modules(flow.root)
    registry.asked_for_archive.clear()
    registry.open.clear()
    started = subprocess.Popen([sys.executable, "-c", MAKE, str(flow.root)], start_new_session=True)
    assert registry.asked_for_archive.wait(60)
    os.killpg(started.pid, signal.SIGKILL)
    started.wait()
    registry.open.set()
    assert all(name.startswith(".making-") for name in caches(tmp_path))
    assert returned(flow, modules(flow.root), tmp_path) == "one"


@pytest.mark.parametrize(
    "broken", ["import './nowhere.ts';", "export default (;", "import 'npm:unlocked@1';", "import 'npm:alpha@0';"]
)
def test_what_is_wrong_with_one_node_is_left_out_for_another(registry: Registry, flow: Flow, broken: str) -> None:
    lock_modules(flow.root)
    flow.write("nodes/b.ts", broken)
    flow.write("workflow.yaml", f"{(flow.root / 'workflow.yaml').read_text()}  b: {{path: nodes/b.ts}}\n")
    imports = Imports(flow.root)
    found = imports.modules("a")
    assert found.cache is not None
    assert (found.cache / "npm/registry.npmjs.org/alpha/1.0.0").is_dir()
    for node in ("b", None):
        with pytest.raises(ProjectError) as caught:
            imports.modules(node)
        assert [problem.file for problem in caught.value.problems] == [str(flow.root / "nodes" / "b.ts")]


def test_without_a_lock_a_node_that_needs_none_gets_its_import_map(flow: Flow) -> None:
    flow.write("nodes/b.ts", "import 'own'; export default () => 1;")
    flow.write("own.ts", "")
    flow.write("deno.json", '{"imports": {"own": "./own.ts"}}')
    flow.write("workflow.yaml", f"{(flow.root / 'workflow.yaml').read_text()}  b: {{path: nodes/b.ts}}\n")
    found = Imports(flow.root).modules("b")
    assert (found.cache, found.lock) == (None, None)
    assert found.import_map["imports"]["own"] == (flow.root / "own.ts").as_uri()


def test_deno_is_asked_once_for_one_look_at_a_folder(flow: Flow) -> None:
    flow.node("const value = 1;")
    imports = Imports(flow.root)
    before = imports.modules()
    flow.node("import './nowhere.ts'; const value = 1;")
    assert imports.modules() == imports.modules("a") == before
    with pytest.raises(ProjectError):
        Imports(flow.root).modules()
