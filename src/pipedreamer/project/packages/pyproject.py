"""The dependencies in a workflow's pyproject.toml."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipedreamer.errors import Problem
from pipedreamer.project.packages.requirement_line import refusal
from pipedreamer.project.reading import UnreadableError, read_text

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_OLDEST = re.compile(r">=\s*(3\.\d+)")
_UNUSED = ("index", "index-url", "extra-index-url", "find-links", "sources", "pip")


@dataclass(frozen=True, slots=True)
class Pyproject:
    """What pyproject.toml asks for, and what is refused of it; `python` as "3.12", or ""."""

    dependencies: tuple[str, ...] = ()
    python: str = ""
    problems: tuple[Problem, ...] = ()


def read_pyproject(root: Path) -> Pyproject:
    """Read `[project]` `dependencies` and `requires-python`; empty where there is no such file."""
    file = root / "pyproject.toml"
    if not file.is_file():
        return Pyproject()
    import tomllib  # few workflows have this file

    try:
        text = read_text(file)
        table = tomllib.loads(text)
    except UnreadableError as error:
        return Pyproject(problems=(Problem(str(file), 0, 0, f"this file {error}"),))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = _PLACE.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (0, 0)
        message = f"this is not TOML: {_PLACE.sub('', str(error)).strip()}"
        return Pyproject(problems=(Problem(str(file), line, column, message),))
    return _checked(table, text, str(file))


def _checked(table: dict[str, Any], text: str, file: str) -> Pyproject:
    problems = []
    project = _table(table, "project")
    dependencies = project.get("dependencies", [])
    if not isinstance(dependencies, list) or not all(isinstance(item, str) for item in dependencies):
        problems.append(_problem(file, text, "dependencies", "dependencies must be a list of texts", ""))
        dependencies = []
    if "dependencies" in _listed(project, "dynamic"):
        message = "dependencies that are computed cannot be locked"
        problems.append(_problem(file, text, "dynamic", message, "list them under [project] dependencies"))
    refused = ((requirement, refusal(requirement.strip())) for requirement in dependencies)
    problems += [_problem(file, text, requirement, *why) for requirement, why in refused if why]
    if dependencies:
        remedy = "set it for yourself or your machine, in uv.toml or UV_DEFAULT_INDEX"
        keys = [key for key in _table(_table(table, "tool"), "uv") if key in _UNUSED]
        problems += [
            _problem(file, text, key, f"[tool.uv] {key} is not accepted in a workflow", remedy) for key in keys
        ]
    oldest = _OLDEST.search(str(project.get("requires-python", "")))
    return Pyproject(
        tuple(" ".join(item.split()) for item in dependencies), oldest[1] if oldest else "", tuple(problems)
    )


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _listed(table: dict[str, Any], key: str) -> list[Any]:
    value = table.get(key)
    return value if isinstance(value, list) else []


def _problem(file: str, text: str, sought: str, message: str, suggestion: str) -> Problem:
    """A problem at the first place where the text stands; TOML's reader does not keep places."""
    place = text.find(sought)
    if place < 0:
        return Problem(file, 0, 0, message, suggestion)
    return Problem(file, text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place), message, suggestion)
