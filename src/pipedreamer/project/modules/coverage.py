"""Does a lock hold what a workflow imports? Told without asking any registry."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipedreamer.errors import PackageError
from pipedreamer.project.modules.deno import module_graph, run_deno
from pipedreamer.project.modules.imports import Import, entry
from pipedreamer.project.modules.lockfile import LOCK_FILE, Lock

_NOBODY = {"NPM_CONFIG_REGISTRY": "file:///dev/null/"}
"""With this Deno finds no npm registry: it knows of packages what the lock says."""


def missing(lock: Lock, imports: Iterable[Import]) -> list[Import]:
    """The imports that a lock does not hold.

    Deno says which of npm it does. Of a JSR package only the name is looked for: its versions are compared when it is
    fetched, against the lock again.
    """
    every = list(imports)
    named = {specifier.rpartition("@")[0] for specifier in lock.part("specifiers")}
    addresses = lock.part("remote").keys() | lock.part("redirects").keys()
    unknown = _unknown_to_npm(lock, [one.target for one in every if one.target.startswith("npm:")])
    return [
        one
        for one in every
        if one.target in unknown
        or (one.target.startswith("http") and one.target not in addresses)
        or (one.target.startswith("jsr:") and _jsr_name(one.target) not in named)
    ]


def _unknown_to_npm(lock: Lock, targets: list[str]) -> set[str]:
    if not targets:
        return set()
    with TemporaryDirectory(prefix="pipedreamer-lock-") as scratch:
        folder = Path(scratch)
        (folder / LOCK_FILE).write_text(lock.text, "utf-8")
        (folder / "imports.ts").write_text(entry(iter(targets)), "utf-8")
        arguments = ["--frozen", f"--lock={folder / LOCK_FILE}", str(folder / "imports.ts")]
        try:
            run_deno(
                ["install", "--quiet", "--no-config", "--lockfile-only", "--entrypoint", *arguments],
                folder / "deno",
                _NOBODY,
            )
        except PackageError:  # it names the first one that is missing: ask about each
            graph = _graph(arguments, folder / "deno")
        else:
            return set()
    return {module["specifier"] for module in graph["modules"] if "error" in module}


def _graph(arguments: list[str], cache: Path) -> dict[str, Any]:
    try:
        return module_graph(arguments, cache, _NOBODY)
    except PackageError as error:  # the lock is all that it was given
        raise PackageError(f"Deno cannot read {LOCK_FILE}: run `pipedreamer lock` ({error})") from error


def _jsr_name(target: str) -> str:
    """`jsr:@std/yaml@1/parse` and `jsr:/@std/yaml@1/parse` are of `jsr:@std/yaml`."""
    scope, _, rest = target.removeprefix("jsr:").removeprefix("/").partition("/")
    return f"jsr:{scope}/{rest.partition('/')[0].partition('@')[0]}"
