"""What a Deno worker of a workflow is started with."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipedreamer.errors import PackageError, Problem, ProjectError
from pipedreamer.project.modules.caches import MODULES, cache_place, make_cache, names_in
from pipedreamer.project.modules.coverage import missing
from pipedreamer.project.modules.deno import NO_DENO, REMEDY
from pipedreamer.project.modules.import_map import ImportMap, read_import_map
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


class Imports:
    """What the TypeScript nodes of a folder import: Deno is asked once, when it is first needed.

    `say` hears what takes long.
    """

    def __init__(self, project_root: Path, say: Callable[[str], None] = lambda _: None) -> None:
        self._shown = project_root
        self._say = say

    def modules(self, node: str | None = None) -> Modules:
        """The modules of all nodes, fetched if they are not there: a worker fetches nothing.

        With `node`, for that one: what is wrong with the others is left out. Raises ProjectError with every import that
        leads nowhere or is not locked, and PackageError where Deno is missing or something cannot be fetched.
        """
        import_map, found = self._scanned
        _raise_errors(found.problems if node is None else found.wrong.get(node, ()))
        lock = read_lock(self._root) if found.outside else None
        outside = found.outside
        if lock is None or not cache_place(self._root, lock, import_map, outside).is_dir():
            outside = _held(lock, outside, node)
        if lock is None or not outside:
            return Modules(import_map.document_for(found.named), None, None)
        place = cache_place(self._root, lock, import_map, outside)
        if not place.is_dir():
            count = f"{len(lock.packages)} package{'s' if len(lock.packages) != 1 else ''}"
            self._say(f"fetching {count} for the TypeScript nodes of {self._shown} (once)")
            make_cache(place, lock, import_map, outside)
        return Modules(import_map.document_for(found.named | names_in(place)), place / MODULES, place / LOCK_FILE)

    @cached_property
    def _root(self) -> Path:
        return self._shown.resolve()

    @cached_property
    def _scanned(self) -> tuple[ImportMap, Scan]:
        import_map = read_import_map(self._root)
        return import_map, scan(self._root, typescript_nodes(self._root), import_map, self._shown)


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
            _held(read_lock(root), found.outside, None)
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


def _held(lock: Lock | None, outside: list[Import], node: str | None) -> list[Import]:
    """Those of some imports that a lock holds; raises ProjectError for others of this node, or of any without one."""
    absent = outside if lock is None else missing(lock, outside)
    message = f"is not locked: there is no {LOCK_FILE}" if lock is None else f"is not in {LOCK_FILE}, which is older"
    _raise_errors([one.problem(message, _LOCK_IT) for one in absent if node in (None, one.node)])
    return [one for one in outside if one not in absent]


def _raise_errors(problems: Collection[Problem]) -> None:
    """Raise all problems where one of them is more than a warning."""
    if any(problem.severity == "error" for problem in problems):
        raise ProjectError(tuple(sorted(problems)))
