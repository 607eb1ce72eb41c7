"""Why an import could not be fetched, and what to do about it."""

import re
from typing import Any

from pipedreamer.errors import Problem
from pipedreamer.project.modules.deno import explain
from pipedreamer.project.modules.imports import Import

_SPELLING = "check its spelling and version"
_MEANINGS = (
    (
        r'Requires import access to "([^"]+)"',
        "comes from {}, and nodes import from Deno's usual hosts only",
        "if you trust it, set PIPEDREAMER_ALLOW_IMPORT={} for yourself",
    ),
    (
        r'not in import map from "([^"]+)"',
        "needs a name that no import map explains",
        'add that name to the imports in deno.json, for example "@std/bytes": "jsr:@std/bytes@1"',
    ),
    (r"npm package '([^']+)' does not exist", "asks for {}, which the npm registry does not have", _SPELLING),
    (
        r"[Cc]ould not find (?:npm package|version|constraint|a matching)",
        "asks for a version that there is not",
        _SPELLING,
    ),
    (r"(?:Module|JSR package) not found", "leads to what does not exist", _SPELLING),
)
_UNREACHABLE = "check the address, the network, and the proxy (HTTPS_PROXY) or the npm registry that you have set"


def fetch_problem(graph: dict[str, Any], one: Import) -> Problem | None:
    """What kept an import, or something that it needs in turn, from being fetched; None where all is there."""
    found = _first_error(graph, one.target)
    if found is None:
        return None
    through, error = found
    error = explain(error)
    behind = f" (needed by {through})" if through else ""
    for pattern, meaning, remedy in _MEANINGS:
        if known := re.search(pattern, error):
            named = next(iter(known.groups()), "")
            return one.problem(f"{meaning.format(named)}{behind}: {error}", remedy.format(named))
    return one.problem(f"cannot be fetched{behind}: {error}", _UNREACHABLE)


def _first_error(graph: dict[str, Any], start: str) -> tuple[str, str] | None:
    """The first error on the way from an import, and the module outside that led to it; types alone do not count."""
    modules = {module["specifier"]: module for module in graph["modules"]}
    seen: set[str] = set()
    waiting = [(start, "")]
    while waiting:
        target, through = waiting.pop(0)
        target = graph["redirects"].get(target, target)
        if target in seen:
            continue
        seen.add(target)
        module = modules.get(target, {})
        if "error" in module:
            return through, str(module["error"])
        for dependency in module.get("dependencies", ()):
            code = dependency.get("code", {})
            if "error" in code:
                return target, str(code["error"])
            if "specifier" in code:
                waiting.append((code["specifier"], target))
    return None
