"""What is odd in a workflow's folder and not wrong: warnings."""

import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from pipedreamer.errors import Problem
from pipedreamer.project.node_files import Folder

_SECRETS = (".secrets.yaml", ".secrets")


def oddities(folder: Folder, node_paths: set[str]) -> Iterator[Problem]:
    """Helper modules that Python's own library hides, and secrets that git would take."""
    yield from _hidden_modules(folder, node_paths)
    yield from _open_secrets(folder)


def _hidden_modules(folder: Folder, node_paths: set[str]) -> Iterator[Problem]:
    """A node itself is loaded by its path; only what is imported by name, beside nodes or in the root, is hidden."""
    places = {PurePosixPath(path).parent for path in node_paths if path.endswith(".py")}
    if not places:
        return
    for name in folder.code:
        path = PurePosixPath(name)
        module = path.parent if path.name == "__init__.py" else path.with_suffix("")
        if path.suffix != ".py" or name in node_paths or module.parent not in places | {PurePosixPath()}:
            continue
        if module.name in sys.stdlib_module_names:
            message = f"`import {module.name}` gets the module of Python's own library and not this one"
            yield Problem(folder.named(name), 0, 0, message, f"rename it, for example {module.name}_own", "warning")


def _open_secrets(folder: Folder) -> Iterator[Problem]:
    """Look for a line in the .gitignore files from the folder up to its repository; no git is run."""
    above = [folder.root, *folder.root.parents]
    top = next((number for number, place in enumerate(above) if (place / ".git").exists()), None)
    if top is None:
        return
    ignored = ""
    for place in above[: top + 1]:
        try:
            ignored += (place / ".gitignore").read_text("utf-8", "replace")
        except OSError:
            continue
    for name in _SECRETS:
        if (folder.root / name).exists() and ".secrets" not in ignored and ".*" not in ignored.split():
            yield Problem(
                folder.named(name), 0, 0, "git would commit these secrets", f"add {name} to .gitignore", "warning"
            )
