"""A lock that grew over time -> one with what is imported and no more: Deno takes nothing out by itself."""

from collections.abc import Collection
from typing import Any

from pipedreamer.project.modules.lockfile import Lock


def pruned(lock: Lock, graph: dict[str, Any], jsr: str) -> Lock:
    """The lock with what a module graph uses; `jsr` is the address of the JSR registry that it was made with."""
    modules = {module["specifier"]: module for module in graph["modules"]}
    npm = _reached(
        graph["npmPackages"], [module["npmPackage"] for module in modules.values() if "npmPackage" in module]
    )
    packages = {name for name in lock.part("jsr") if any(one.startswith(f"{jsr}{_folder(name)}/") for one in modules)}
    named = {
        specifier
        for specifier, version in lock.part("specifiers").items()
        if f"{specifier.partition(':')[2].rpartition('@')[0]}@{version}" in npm | packages
    }
    used: dict[str, Collection[str]] = {
        "specifiers": named,
        "npm": npm,
        "jsr": packages,
        "remote": modules,
        "redirects": graph["redirects"],
    }
    content = {key: _only(value, used[key]) if key in used else value for key, value in lock.content.items()}
    return Lock({key: value for key, value in content.items() if value})


def _only(value: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name in names}


def _reached(packages: dict[str, Any], start: list[str]) -> set[str]:
    """The packages of a start, those that they need, and so on."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += packages.get(name, {}).get("dependencies", ())
    return found


def _folder(name: str) -> str:
    """`@std/yaml@1.0.5` lies in `@std/yaml/1.0.5`."""
    package, _, version = name.rpartition("@")
    return f"{package}/{version}"
