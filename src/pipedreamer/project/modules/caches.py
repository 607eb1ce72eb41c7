"""Folders of modules for Deno, with exactly what a lock names; made once, shared, and never written to by a worker."""

import hashlib
import json
import os
import re
import shutil
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from pipedreamer.errors import PackageError
from pipedreamer.project.cache import cache_folder, make_once
from pipedreamer.project.modules.deno import allowed_hosts, deno_version, module_graph, run_deno
from pipedreamer.project.modules.import_map import ImportMap
from pipedreamer.project.modules.imports import Import, entry
from pipedreamer.project.modules.licences import fetch_licences
from pipedreamer.project.modules.lockfile import LOCK_FILE, Lock, release_of

MODULES = "modules"
_NAMES = "names.json"
JSR = "https://jsr.io/"

_MEANINGS = (
    ("lockfile is out of date", "it does not hold all that nodes import"),
    (r"(?i)integrity check failed|checksum did not match", "a module is not the one that was locked; if you trust it"),
)
_OWN_REGISTRY = Path("npm") / "registry.npmjs.org"
"""Where a Deno without settings looks: a worker has none, and need not know of a mirror."""


def cache_place(root: Path, lock: Lock, import_map: ImportMap, outside: Sequence[Import]) -> Path:
    """Where the modules of a lock are or will be: what decides which they are, and not where the workflow lies."""
    named = {name: target for name, target in import_map.imports.items() if name != "pipedreamer"}
    text = json.dumps([named, import_map.scopes], sort_keys=True).replace(root.as_uri(), "file:///workflow")
    targets = sorted({f"{one.target} {one.kind}" for one in outside})
    parts = (lock.text, text, *targets, deno_version(), sysconfig.get_platform())
    return cache_folder("modules") / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def make_cache(place: Path, lock: Lock, import_map: ImportMap, outside: Sequence[Import]) -> None:
    """Fetch what the lock names, with this person's registries and proxies; raises PackageError where it is not so."""
    make_once(place, lambda folder: _fill(folder, lock, import_map, outside))


def keep_import_map(text: bytes) -> Path:
    """A file with an import map, for whatever user a worker runs as; the same text has the same file."""
    place = cache_folder("import-maps") / hashlib.sha256(text).hexdigest()[:32]

    def write(folder: Path) -> None:
        (folder / "map.json").write_bytes(text)
        (folder / "map.json").chmod(0o644)

    if not place.is_dir():
        make_once(place, write)
    return place / "map.json"


def names_in(place: Path) -> set[str]:
    """The names by which the modules in a cache import one another."""
    return set(json.loads((place / _NAMES).read_text("utf-8")))


def write_imports(folder: Path, import_map: ImportMap, outside: Sequence[Import]) -> list[str]:
    """A module with all imports from outside, and Deno's arguments for it."""
    kinds = {one.target: one.kind for one in outside}
    (folder / "map.json").write_text(json.dumps(import_map.document), "utf-8")
    (folder / "imports.ts").write_text(entry(iter(kinds), kinds), "utf-8")
    return [f"--import-map={folder / 'map.json'}", *allowed_hosts(), str(folder / "imports.ts")]


def jsr_address() -> str:
    """The JSR registry that this person is set up for, ending in a slash."""
    return os.environ.get("JSR_URL", JSR).rstrip("/") + "/"


def _fill(folder: Path, lock: Lock, import_map: ImportMap, outside: Sequence[Import]) -> None:
    (folder / LOCK_FILE).write_text(lock.text, "utf-8")
    with TemporaryDirectory(prefix="pipedreamer-modules-") as scratch:
        work = Path(scratch)
        arguments = write_imports(work, import_map, outside)
        locked = [f"--lock={folder / LOCK_FILE}", *arguments]
        _install(locked, work / "deno", dict(os.environ), "fetching")
        graph = module_graph(["--frozen", *locked], work / "deno", os.environ)
        for package in graph["npmPackages"].values():
            _keep_package(package, folder / MODULES)
        _keep_remote(work / "deno", folder / MODULES)
        fetched = [module["specifier"] for module in graph["modules"] if "error" not in module]
        fetch_licences(filter(release_of, fetched), folder / "licences")
        names = {
            dependency["specifier"] for module in graph["modules"] for dependency in module.get("dependencies", ())
        }
        (folder / _NAMES).write_text(json.dumps(sorted(import_map.ours_in(names))), "utf-8")
        (work / "map.json").write_text(json.dumps(import_map.document_for(names_in(folder))), "utf-8")
        _install(["--cached-only", *locked], folder / MODULES, None, "using")
    _tidy(folder)


def _install(arguments: list[str], cache: Path, person: dict[str, str] | None, task: str) -> None:
    try:
        run_deno(["install", "--quiet", "--no-config", "--frozen", "--entrypoint", *arguments], cache, person)
    except PackageError as error:
        for pattern, meaning in _MEANINGS:
            if re.search(pattern, str(error)):
                raise PackageError(f"{LOCK_FILE}: {meaning}: run `pipedreamer lock` ({error})") from error
        raise PackageError(f"{task} the locked modules failed: {error}") from error


def _keep_package(package: dict[str, Any], modules: Path) -> None:
    """Take a package where its registry does not matter; a package for another system was not fetched."""
    fetched = Path(package["localPath"])
    if fetched.is_dir():
        kept = modules / _OWN_REGISTRY / package["name"] / fetched.name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(fetched, kept)


def _keep_remote(fetched: Path, modules: Path) -> None:
    """Take what is no npm package; what came from a mirror of JSR goes where JSR itself would be looked for."""
    if (fetched / "remote").is_dir():
        shutil.copytree(fetched / "remote", modules / "remote")
    mirror = urlsplit(jsr_address())
    host = (mirror.hostname or "") + (f"_port_{mirror.port}" if mirror.port else "")
    mirrored, kept = modules / "remote" / mirror.scheme / host, modules / "remote" / "https" / "jsr.io"
    if mirrored != kept and mirrored.is_dir():
        shutil.copytree(mirrored, kept, dirs_exist_ok=True)


def _tidy(folder: Path) -> None:
    """Leave modules and no more, readable for whatever user a worker runs as; nobody's to change."""
    for note in (*folder.glob("*/*_cache_v*"), *folder.rglob(".scripts-warned-*")):
        note.unlink()
    shutil.rmtree(folder / MODULES / "gen" / "file", ignore_errors=True)  # of the module that imported them
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
