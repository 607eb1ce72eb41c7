"""`pipedreamer types`: what an editor's language server has to be told to know the nodes' types."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipedreamer.errors import PackageError
from pipedreamer.project.modules.import_map import TYPES, config_file, map_file, read_import_map
from pipedreamer.project.modules.imports import scan
from pipedreamer.project.modules.nodes import typescript_nodes
from pipedreamer.writing import naming, write_whole

TYPES_FILE = ".pipedreamer/pipedreamer.ts"
"""Where a folder keeps a copy of the types: the package's own path is another one on every machine."""
CONFIG_FILE = "deno.json"
LIBRARIES = ["deno.window"]
"""What there is in a node: Deno's stable interfaces."""


@dataclass(frozen=True, slots=True)
class TypesReport:
    """The files that were written, and the settings that were added to them, as `deno.json: imports.pipedreamer`."""

    files: tuple[Path, ...]
    added: tuple[str, ...]


def write_types(project_root: Path) -> TypesReport | None:
    """Write the types, and add to the folder's deno.json what is missing there; None where no node is TypeScript.

    No setting of a person's is changed, but a `pipedreamer` that leads to no file: folders of the first generation name
    one of their engine's. Raises PackageError where Deno is missing, or a file has comments that writing it anew would
    lose, and PipedreamerError where one cannot be written; then none is changed.
    """
    nodes = typescript_nodes(project_root)
    if not nodes:
        return None
    config, mapped = config_file(project_root), map_file(project_root)
    present = {file.name: file for file in (config, mapped) if file is not None}
    edits = _Edits(project_root, {name: deepcopy(file.value) for name, file in present.items()})
    settings = config.name if config else CONFIG_FILE
    names = mapped.name if mapped else settings
    if not config and mapped:
        edits.add(settings, "importMap", f"./{mapped.name}")
    for name, target in _imports(project_root, nodes, names).items():
        edits.add(names, "imports", target, name)
    edits.add(settings, "compilerOptions", LIBRARIES, "lib")
    texts = {TYPES_FILE: TYPES.read_text("utf-8")}
    for name in edits.changed:
        before = present.get(name)
        if before and not before.is_plain:
            raise PackageError(f"{before.shown} has comments, which writing it anew would lose: {edits.by_hand(name)}")
        texts[name] = _written(edits.values[name], before.text if before else "")
    return TypesReport(_write({project_root / name: text for name, text in texts.items()}), tuple(edits.added))


def _write(texts: Mapping[Path, str]) -> tuple[Path, ...]:
    """Write those that are different; where that fails, put back what was there."""
    before = {file: file.read_bytes() if file.is_file() else None for file in texts}
    changed = tuple(file for file, text in texts.items() if before[file] != text.encode())
    with ExitStack() as undo:
        for file in changed:
            with naming(file):
                file.parent.mkdir(exist_ok=True)
            undo.callback(_restore, file, before[file])
            write_whole(file, texts[file])
        undo.pop_all()
    return changed


def _restore(file: Path, before: bytes | None) -> None:
    if before is None:
        file.unlink(missing_ok=True)
    else:
        file.write_bytes(before)


def _imports(root: Path, nodes: Mapping[str, Path], map_name: str) -> dict[str, str]:
    """The types, and those of our own names that the nodes use: Deno knows nothing of these."""
    there = os.path.relpath(root / TYPES_FILE, (root / map_name).parent)
    imports = {"pipedreamer": there if there.startswith("../") else f"./{there}"}
    import_map = read_import_map(root.resolve())
    named = scan(root.resolve(), nodes, import_map, root).named
    for name, target in sorted(import_map.ours_in(named).items()):
        imports.setdefault(name, str(target))
    return imports


@dataclass
class _Edits:
    """Changes to configuration files that only add."""

    root: Path
    values: dict[str, dict[str, Any]]
    added: list[str] = field(default_factory=list)
    changed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, file: str, key: str, value: object, inner: str = "") -> None:
        """Set a key, or one inside of it, where there is none."""
        whole = self.values.setdefault(file, {})
        mapping = whole.setdefault(key, {}) if inner else whole
        last = inner or key
        before = mapping.get(last) if isinstance(mapping, dict) else None
        is_dead = last == "pipedreamer" and before != value and self._leads_nowhere(file, before)
        if not isinstance(mapping, dict) or (last in mapping and not is_dead):
            return
        mapping[last] = value
        was = f" (was {before}, which is not there)" if is_dead else ""
        self.added.append(f"{self.root / file}: {key}{f'.{inner}' if inner else ''}{was}")
        told = self.changed.setdefault(file, {})
        (told.setdefault(key, {}) if inner else told)[last] = value

    def _leads_nowhere(self, file: str, target: object) -> bool:
        is_path = isinstance(target, str) and target.startswith(("./", "../"))
        return is_path and not ((self.root / file).parent / str(target)).exists()

    def by_hand(self, file: str) -> str:
        """What a person has to add to a file."""
        return f"add {json.dumps(self.changed[file], ensure_ascii=False)[1:-1]} yourself"


def _written(value: dict[str, Any], before: str) -> str:
    indent = re.search(r"^([ \t]+)\S", before, re.MULTILINE)
    return json.dumps(value, indent=indent[1] if indent else 2, ensure_ascii=False) + "\n"
