"""What tests of every kind build on: workflow folders made of the sources a test gives."""

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

WriteWorkflow = Callable[..., Path]


@pytest.fixture
def write_workflow(tmp_path: Path) -> WriteWorkflow:
    """`write_workflow({"a": source, "b.ts": source, ...}, edges=[("a", "b")], extra_yaml)` -> the folder it made.

    A node is Python, or TypeScript where its name ends in `.ts`, which is no part of its id.
    With `signs` its nodes may write to the folder that the fixture `signs` gives.
    """

    def write(
        nodes: Mapping[str, str],
        edges: list[tuple[str, str]] | None = None,
        extra: str = "",
        files: Mapping[str, str] | None = None,
        name: str = "flow",
        signs: bool = False,
    ) -> Path:
        root = tmp_path / name
        (root / "nodes").mkdir(parents=True, exist_ok=True)
        lines = [f"name: {name}", 'version: "1.0"', "triggers: [{type: manual}]", "nodes:"]
        for key, source in nodes.items():
            file = key if key.endswith(".ts") else f"{key}.py"
            lines.append(f"  {key.removesuffix('.ts')}: {{path: ./nodes/{file}}}")
            (root / "nodes" / file).write_text(dedent(source))
        lines.append("edges:" if edges else "edges: []")
        lines.extend(f"  - {{from: {source}, to: {target}}}" for source, target in edges or [])
        granted = f"\npermissions: {{net: any, write: [{tmp_path / 'signs'}]}}\n" if signs else ""
        (root / "workflow.yaml").write_text("\n".join(lines) + "\n" + dedent(extra) + granted)
        for path, content in (files or {}).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(dedent(content))
        return root

    return write


@pytest.fixture
def signs(tmp_path: Path) -> Path:
    """A folder where nodes leave signs for a test to see; nothing else outside would be theirs to write."""
    folder = tmp_path / "signs"
    folder.mkdir(exist_ok=True)
    return folder
