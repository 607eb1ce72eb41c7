"""Workflow folders of TypeScript nodes, and a registry for what they import."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from tests.registry import Registry, serving

from pipedreamer.project.modules import Imports, Modules, find_deno


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    for name in [name for name in os.environ if name.startswith(("DENO_", "NPM_", "npm_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as made:
        for name, value in made.settings.items():
            monkeypatch.setenv(name, value)
        yield made


class Flow:
    """A workflow folder of TypeScript nodes; `write` replaces a file of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(dedent(text))

    def node(self, source: str) -> None:
        """The workflow's one node `a`: it runs this and returns `value`."""
        self.write("nodes/a.ts", f"{dedent(source)}\nexport default (_ctx: unknown, _input: unknown) => value;\n")
        self.write(
            "workflow.yaml",
            """\
            name: flow
            version: "1.0"
            triggers: [{type: manual}]
            nodes:
              a: {path: nodes/a.ts}
            """,
        )


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    made = Flow(tmp_path / "flow")
    made.node('import { value } from "npm:alpha@1";')
    return made


def modules(root: Path, say: Callable[[str], None] = lambda _: None) -> Modules:
    """The modules of a folder as it is now."""
    return Imports(root, say).modules()


def returned(flow: Flow, found: Modules, scratch: Path, user: int | None = None) -> str:
    """What the node `a` returns in a Deno that is started as a worker's is; its error where it cannot be loaded."""
    node = flow.root / "nodes" / "a.ts"
    (scratch / "map.json").write_text(json.dumps(found.import_map))
    (scratch / "main.ts").write_text(f'const node = await import("{node.as_uri()}");\nconsole.log(node.default());\n')
    locked = [f"--lock={found.lock}", "--frozen"] if found.lock else ["--no-lock"]
    arguments = ["--no-prompt", "--no-config", "--cached-only", *locked, f"--import-map={scratch / 'map.json'}"]
    done = subprocess.run(
        [find_deno(), "run", "--quiet", *arguments, f"--allow-read={flow.root}", scratch / "main.ts"],
        cwd=scratch,
        user=user,
        env={"DENO_DIR": str(found.cache or scratch / "deno"), "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout or done.stderr).strip()
