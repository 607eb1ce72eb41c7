"""What Deno tells of the imports in a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipedreamer.project.modules.import_map import read_import_map
from pipedreamer.project.modules.imports import Scan, scan

Scanned = Callable[..., Scan]


@pytest.fixture
def scanned(tmp_path: Path) -> Scanned:
    """`scanned(a=source, b=source, files={...})` -> what the nodes import; problems call the folder `flow`."""

    def scanned(files: dict[str, str] | None = None, **nodes: str) -> Scan:
        root = tmp_path / "flow"
        sources = {f"nodes/{node}.ts": source for node, source in nodes.items()} | (files or {})
        for path, source in sources.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(source)
        paths = {node: root / "nodes" / f"{node}.ts" for node in nodes}
        return scan(root, paths, read_import_map(root), Path("flow"))

    return scanned


def said(found: Scan) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_what_is_imported_from_outside_is_found_with_its_place(scanned: Scanned) -> None:
    found = scanned(
        a='import "npm:a@1";\nexport { x } from "https://example.com/x.ts";\nimport d from "./d.ts";\n',
        b='  await import("jsr:@own/b");\nimport j from "https://example.com/j.json" with { type: "json" };',
        files={"nodes/d.ts": "/* c */ import '@std/yaml'; export default 1;"},
    )
    assert [(one.target, one.kind, one.node, one.file, one.line, one.column) for one in found.outside] == [
        ("npm:a@1", "", "a", "flow/nodes/a.ts", 1, 8),
        ("https://example.com/x.ts", "", "a", "flow/nodes/a.ts", 2, 19),
        ("https://deno.land/std@0.224.0/yaml/mod.ts", "", "a", "flow/nodes/d.ts", 1, 16),
        ("jsr:@own/b", "", "b", "flow/nodes/b.ts", 1, 16),
        ("https://example.com/j.json", "json", "b", "flow/nodes/b.ts", 2, 15),
    ]
    assert found.problems == []


@pytest.mark.parametrize(
    "source",
    [
        'import type { Context } from "pipedreamer";',
        'import { FetchError } from "pipedreamer";',
        'import type { X } from "npm:x@1"; import type { Y } from "https://example.com/y.ts";',
        'import { join } from "node:path"; import "data:text/javascript,1";',
        '// import "npm:x@1"\nconst s = \'import "npm:x@1"\';',
        'await import("npm:" + "x");',
        "",
    ],
)
def test_what_needs_no_lock(scanned: Scanned, source: str) -> None:
    found = scanned(a=source)
    assert (found.outside, found.problems) == ([], [])


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            "zod",
            'is neither a file nor a name of the import map (write "./zod" for a file, or add "zod" to the imports',
        ),
        ("./gone.ts", "leads to flow/nodes/gone.ts, which does not exist (mend the path, or make the file)"),
        ("./there", "leads to flow/nodes/there, which does not exist"),
        ("../../beside.ts", "leads out of the workflow's folder (put a copy of the file into the folder)"),
        ("file:///etc/hosts", "leads out of the workflow's folder"),
        ("../.hidden/x.ts", "leads to a file that is left out of the workflow's code (move or rename the file)"),
        ("../node_modules/x.ts", "leads to a file that is left out of the workflow's code"),
        (
            "ftp://example.com/x.ts",
            "is of a kind that Deno does not know: ftp (import from npm, jsr, http, https, or a f",
        ),
    ],
)
def test_an_import_that_leads_nowhere_is_named(scanned: Scanned, tmp_path: Path, written: str, problem: str) -> None:
    (tmp_path / "beside.ts").write_text("export {};")
    files = dict.fromkeys((".hidden/x.ts", "node_modules/x.ts", "nodes/there.ts"), "export {};")
    (line,) = said(scanned(a=f'\nimport "{written}";', files=files))
    assert line.startswith(f'flow/nodes/a.ts:2:8: error: the import "{written}" of node "a" {problem}')


@pytest.mark.parametrize("written", ["./gone.ts", "zod", "../../beside.ts"])
def test_what_is_imported_only_when_it_is_reached_is_a_warning(scanned: Scanned, written: str) -> None:
    (line,) = said(scanned(a=f'export default () => import("{written}");'))
    assert line.startswith(f'flow/nodes/a.ts:1:29: warning: the import "{written}" of node "a" ')


def test_a_link_that_leads_out_is_told(scanned: Scanned, tmp_path: Path) -> None:
    (tmp_path / "beside.ts").write_text("export {};")
    (tmp_path / "flow" / "nodes").mkdir(parents=True)
    (tmp_path / "flow" / "nodes" / "link.ts").symlink_to(tmp_path / "beside.ts")
    assert "leads out of the workflow's folder" in said(scanned(a='import "./link.ts";'))[0]


@pytest.mark.parametrize("broken", ["nodes/a.ts", "lib/b.ts"])
def test_a_syntax_error_has_its_place_once(scanned: Scanned, broken: str) -> None:
    sources = {"nodes/a.ts": 'import "../lib/b.ts";\n', "lib/b.ts": "export {};\n"}
    sources[broken] += "\nconst x = ;\n"
    found = scanned(files={"lib/b.ts": sources["lib/b.ts"]}, a=sources["nodes/a.ts"], c='import "../lib/b.ts";')
    (line,) = said(found)
    assert line.startswith(f"flow/{broken}:3:")
    assert line.endswith(": error: syntax error: Expression expected")


def test_names_with_odd_characters_are_followed(scanned: Scanned) -> None:
    found = scanned(files={"lib ö/#1.ts": 'import "npm:x@1";'}, a='import "../lib ö/%231.ts";')
    assert [(one.file, one.node) for one in found.outside] == [("flow/lib ö/#1.ts", "a")]
    assert found.problems == []
