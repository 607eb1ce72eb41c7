"""What a Deno worker of a workflow is started with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipedreamer.errors import PackageError, Problem, ProjectError
from pipedreamer.project.modules.caches import MODULES, cache_place, make_cache, names_in
from pipedreamer.project.modules.coverage import missing
from pipedreamer.project.modules.deno import NO_DENO, REMEDY
from pipedreamer.project.modules.import_map import read_import_map
from pipedreamer.project.modules.imports import Import, Scan, scan
from pipedreamer.project.modules.lockfile import LOCK_FILE, Lock, read_lock
from pipedreamer.project.modules.nodes import typescript_nodes

_LOCK_IT = "run `pipedreamer lock`"


@dataclass(frozen=True, slots=True)
class Modules:
    """`cache` is a folder for DENO_DIR, never to be written to, and `lock` says what is in it.

    Both are None where the nodes import nothing from outside.
    """

    import_map: dict[str, Any]
    cache: Path | None
    lock: Path | None


def modules(project_root: Path, say: Callable[[str], None] = lambda _: None) -> Modules:
    """The modules of a workflow's TypeScript nodes, fetched if they are not there: a worker fetches nothing.

    Raises ProjectError with every import that leads nowhere or is not locked, and PackageError where Deno is missing
    or something cannot be fetched.
    """
    root = project_root.resolve()
    import_map = read_import_map(root)
    found = scan(root, typescript_nodes(root), import_map, project_root)
    if any(problem.severity == "error" for problem in found.problems):
        raise ProjectError(tuple(sorted(found.problems)))
    if not found.outside:
        return Modules(import_map.document_for(()), None, None)
    lock = _lock_of(root, found.outside)
    place = cache_place(root, lock, import_map, found.outside)
    if not place.is_dir():
        _check_coverage(lock, found.outside)
        count = len(lock.packages)
        say(f"fetching {count} package{'s' if count != 1 else ''} for the TypeScript nodes of {project_root} (once)")
        make_cache(place, lock, import_map, found.outside)
    written = found.named | names_in(place)
    return Modules(import_map.document_for(written), place / MODULES, place / LOCK_FILE)


def check_modules(project_root: Path, nodes: dict[str, Path]) -> tuple[Problem, ...]:
    """What is wrong with the imports of TypeScript nodes and their lock; asks no registry.

    Without Deno nothing can be told, which is a warning: the workflow may be right.
    """
    if not nodes:
        return ()
    found = Scan()
    try:
        root = project_root.resolve()
        found = scan(root, nodes, read_import_map(root), project_root)
        if found.outside:
            _check_coverage(_lock_of(root, found.outside), found.outside)
    except ProjectError as error:
        return (*found.problems, *error.problems)
    except PackageError as error:
        return (*found.problems, _told(project_root, str(error)))
    return tuple(found.problems)


def _told(root: Path, error: str) -> Problem:
    if error.startswith(NO_DENO):
        said = f"the imports of the TypeScript nodes were not checked: {NO_DENO}"
        return Problem(str(root / "workflow.yaml"), 0, 0, said, REMEDY, "warning")
    return Problem(str(root / LOCK_FILE), 0, 0, error.removeprefix(f"{root.resolve() / LOCK_FILE}: "))


def _lock_of(root: Path, outside: list[Import]) -> Lock:
    lock = read_lock(root)
    if lock is None:
        message = f"is not locked: there is no {LOCK_FILE}"
        raise ProjectError(tuple(sorted(one.problem(message, _LOCK_IT) for one in outside)))
    return lock


def _check_coverage(lock: Lock, outside: list[Import]) -> None:
    if absent := missing(lock, outside):
        message = f"is not in {LOCK_FILE}, which is older"
        raise ProjectError(tuple(sorted(one.problem(message, _LOCK_IT) for one in absent)))
