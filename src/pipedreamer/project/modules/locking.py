"""`pipedreamer lock` for TypeScript: the imports of its nodes -> deno.lock."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipedreamer.errors import PackageError, Problem, ProjectError
from pipedreamer.project.modules.caches import jsr_address, write_imports
from pipedreamer.project.modules.deno import module_graph
from pipedreamer.project.modules.fetch_errors import fetch_problem
from pipedreamer.project.modules.import_map import ImportMap, read_import_map
from pipedreamer.project.modules.imports import Import, scan
from pipedreamer.project.modules.lockfile import LOCK_FILE, Lock, read_lock, without_addresses
from pipedreamer.project.modules.nodes import typescript_nodes
from pipedreamer.project.modules.pruning import pruned
from pipedreamer.project.packages import LockReport
from pipedreamer.writing import write_whole

Say = Callable[[str], None]


def lock_modules(project_root: Path, *, upgrade: bool = False, say: Say = lambda _: None) -> LockReport:
    """Find versions for all that TypeScript nodes import from outside, and write them with hashes into deno.lock.

    Versions of the present lock stay where they fit, unless `upgrade`. Nothing that was fetched is run, no package's
    install script either. Raises ProjectError with every import that cannot be had.
    """
    root = project_root.resolve()
    nodes = typescript_nodes(root)
    if not nodes:
        return LockReport(None, (), changed=False)
    import_map = read_import_map(root)
    found = scan(root, nodes, import_map, project_root)
    if any(problem.severity == "error" for problem in found.problems):
        raise ProjectError(tuple(sorted(found.problems)))
    if not found.outside:
        return LockReport(None, (), changed=False)
    say(f"locking what the TypeScript nodes of {project_root} import")
    lock = _locked(import_map, found.outside, None if upgrade else _present(root))
    file = root / LOCK_FILE
    changed = not file.exists() or file.read_text("utf-8") != lock.text
    if changed:
        write_whole(file, lock.text)
    for name, package in lock.part("npm").items():
        if package.get("scripts"):
            say(f"{name} has install scripts, which are never run: it may not work in a node")
    return LockReport(project_root / LOCK_FILE, lock.packages, changed)


def _present(root: Path) -> Lock | None:
    try:
        return read_lock(root)
    except PackageError:  # a lock that cannot be read has no versions to keep
        return None


def _locked(import_map: ImportMap, outside: list[Import], before: Lock | None) -> Lock:
    try:
        return _resolve(import_map, outside, before)
    except PackageError:
        if before is None:
            raise
        return _resolve(import_map, outside, None)  # Deno could not read it


def _resolve(import_map: ImportMap, outside: list[Import], before: Lock | None) -> Lock:
    """Let Deno resolve in a folder that holds nothing of the workflow's, so that no setting of it counts."""
    with TemporaryDirectory(prefix="pipedreamer-lock-") as scratch:
        folder = Path(scratch)
        file = folder / LOCK_FILE
        if before is not None:
            file.write_text(before.text, "utf-8")
        arguments = [f"--lock={file}", "--frozen=false", *write_imports(folder, import_map, outside)]
        graph = module_graph(arguments, folder / "deno", os.environ)
        _check_fetched(graph, outside)
        written: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return pruned(without_addresses(Lock(written)), graph, jsr_address())


def _check_fetched(graph: dict[str, Any], outside: list[Import]) -> None:
    problems: list[Problem] = [problem for one in outside if (problem := fetch_problem(graph, one))]
    if problems:
        raise ProjectError(tuple(sorted(problems)))
