"""The `[dir]` that most commands take."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from pipedreamer.errors import UsageError

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The workflow's folder.", show_default=False)]


def workflow_folder(given: Path) -> Path:
    """The folder that a person means, who may also name the workflow.yaml in it; UsageError where there is none."""
    if given.is_dir():
        return given
    if given.name == "workflow.yaml" and given.is_file():
        return given.parent
    if given.exists():
        raise UsageError(f"{given} is not a folder; give the folder that holds workflow.yaml")
    raise UsageError(f"there is no folder {given}{_nearest(given)}; `pipedreamer init NAME` makes a new one")


def _nearest(given: Path) -> str:
    try:
        beside = [entry.name for entry in given.parent.iterdir() if entry.is_dir()]
    except OSError:
        return ""
    near = get_close_matches(given.name, beside, n=1)
    return f" (did you mean {given.with_name(near[0])}?)" if near else ""
