"""What names mean in the imports of a workflow: its own import map, merged over ours."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

from pipedreamer.errors import Problem, ProjectError
from pipedreamer.project.modules.config_file import ConfigFile, read_config
from pipedreamer.project.modules.std import std_imports

TYPES = Path(__file__).parents[2] / "sandbox" / "deno" / "pipedreamer.ts"
"""The module that `import type { Context } from "pipedreamer"` means."""

_NAME = "pipedreamer"
_CONFIGS = ("deno.json", "deno.jsonc")
_MAP = "import_map.json"


@dataclass(frozen=True, slots=True)
class ImportMap:
    """`imports` and `scopes` with absolute targets; `ours` are the names that the workflow's own map leaves to us."""

    imports: dict[str, str | None]
    scopes: dict[str, dict[str, str | None]]
    ours: frozenset[str]

    @property
    def document(self) -> dict[str, Any]:
        """As Deno reads it from a file (WHATWG HTML, import maps)."""
        return {"imports": self.imports} | ({"scopes": self.scopes} if self.scopes else {})

    def ours_in(self, written: Collection[str]) -> dict[str, str | None]:
        """Those of our names by which any of these imports is written."""
        used = {name for name in self.ours if name in written or _begins_one(name, written)}
        return {name: target for name, target in self.imports.items() if name in used}

    def document_for(self, written: Collection[str]) -> dict[str, Any]:
        """The same with those of our names alone by which these imports are written: there are hundreds of them."""
        own = {name: target for name, target in self.imports.items() if name not in self.ours or name == _NAME}
        return self.document | {"imports": own | self.ours_in(written)}


def read_import_map(root: Path) -> ImportMap:
    """The import map of the workflow in a folder; raises ProjectError where its own cannot be read.

    `pipedreamer` always is ours: a map that names it does so for an editor, by a path of somebody's machine.
    """
    file = map_file(root)
    own = _Absolute(root, file) if file is not None else None
    imports = own.imports("imports") if own else {}
    scopes = own.scopes() if own else {}
    if own and own.problems:
        raise ProjectError(tuple(sorted(own.problems)))
    folders = tuple(name for name in imports if name.endswith("/"))
    ours = {
        name: target for name, target in std_imports().items() if name not in imports and not name.startswith(folders)
    }
    return ImportMap(ours | imports | {_NAME: TYPES.as_uri()}, scopes, frozenset({*ours, _NAME}))


def map_file(root: Path) -> ConfigFile | None:
    """The file of a folder that holds its imports: deno.json, deno.jsonc, the map that these name, or import_map.json.

    Raises ProjectError where one of them cannot be read.
    """
    config = config_file(root)
    named = config.value.get("importMap") if config else None
    if config and isinstance(named, str) and not {"imports", "scopes"} & config.value.keys():
        return _named_map(root, config, named)
    if (root / _MAP).is_file() and not (config and {"imports", "scopes"} & config.value.keys()):
        return read_config(root, _MAP)
    return config


def config_file(root: Path) -> ConfigFile | None:
    """A folder's deno.json or deno.jsonc; None where there is neither."""
    found = next((name for name in _CONFIGS if (root / name).is_file()), None)
    return read_config(root, found) if found else None


def _named_map(root: Path, config: ConfigFile, named: str) -> ConfigFile:
    name = named.removeprefix("./")
    if "://" not in named and (root / name).is_file() and (root / name).resolve().is_relative_to(root.resolve()):
        return read_config(root, name)
    problem = f"importMap names {named}, which is no file of the workflow's folder"
    raise ProjectError((config.problem(("importMap",), problem, "put the import map into the folder"),))


class _Absolute:
    """Reads a map and makes what is relative in it absolute: it is written where nothing of the folder is beside it."""

    def __init__(self, root: Path, file: ConfigFile) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._base = (root / file.name).resolve().as_uri()

    def imports(self, *path: str) -> dict[str, str | None]:
        """One mapping of names to targets, with what Deno adds to it: `zod/` where `zod` is a package."""
        found = self._mapping(path)
        made: dict[str, str | None] = {}
        for name, target in found.items():
            if target is not None and not isinstance(target, str):
                self._report((*path, name), "the target of an import is text")
                continue
            made[self._absolute(name)] = None if target is None else self._absolute(target)
            kind, colon, package = (target or "").partition(":")
            if colon and kind in ("npm", "jsr") and not name.endswith("/"):
                made.setdefault(f"{name}/", f"{kind}:/{package.strip('/')}/")
        return made

    def scopes(self) -> dict[str, dict[str, str | None]]:
        return {self._absolute(scope): self.imports("scopes", scope) for scope in self._mapping(("scopes",))}

    def _mapping(self, path: tuple[str, ...]) -> dict[str, Any]:
        value: dict[str, Any] = self._file.value
        for key in path:
            value = value.get(key, {})
            if not isinstance(value, dict):
                self._report(path, f"{path[0]} is a mapping of names")
                return {}
        return value

    def _absolute(self, text: str) -> str:
        return urljoin(self._base, quote(text, safe="/%:@")) if text.startswith(("./", "../", "/")) else text

    def _report(self, path: tuple[str, ...], message: str) -> None:
        self.problems.append(self._file.problem(path, message, 'for example "imports": {"zod": "npm:zod@^4"}'))


def _begins_one(name: str, written: Collection[str]) -> bool:
    return name.endswith("/") and any(one.startswith(name) for one in written)
