"""The JSON Schema of a workflow's input, where it stands in a file of its own."""

from pathlib import Path
from typing import Any

from pipedreamer.errors import Problem
from pipedreamer.project.reading import UnreadableError, read_file
from pipedreamer.spec import read_value, schema_faults

Schema = dict[str, Any] | bool


def read_schema(path: Path, file: str) -> tuple[Schema | None, tuple[Problem, ...]]:
    """A schema in JSON or YAML, and all that is wrong with it; None where it cannot be read."""
    try:
        value, problems = read_value(read_file(path), file)
    except UnreadableError as error:
        return None, (Problem(file, 0, 0, f"this file {error}"),)
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    if not isinstance(value, dict | bool):
        return None, (Problem(file, 1, 1, "a JSON Schema is a mapping, or true or false", "for example type: object"),)
    faults = (
        Problem(file, 0, 0, f"{_label(fault.path)} {fault.message}", fault.suggestion) for fault in schema_faults(value)
    )
    return value, (*problems, *faults)


def _label(path: tuple[str | int, ...]) -> str:
    return "/".join(map(str, path)) or "this file"
