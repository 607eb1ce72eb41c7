"""`pipedreamer init`: a first workflow in a folder of its own."""

import os
import shlex
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from pipedreamer.cli.terminal import Terminal, json_text
from pipedreamer.errors import PipedreamerError, UsageError
from pipedreamer.project.modules import TYPES, TYPES_FILE
from pipedreamer.spec import json_schema
from pipedreamer.spec.naming import NAME, NAME_LIMIT, NAME_RULE, right_name
from pipedreamer.spec.wording import shown
from pipedreamer.writing import naming, write_whole

# What is made, and what each file is for. `template/` holds them, without the leading dot and under the name my-flow.
FILES = {
    "workflow.yaml": "which nodes there are and what goes where",
    "nodes/hello.py": "a node",
    "tests/fixtures/hello.json": "an input for it, and what should come out",
    ".gitignore": "keeps secrets out of the repository",
    "README.md": "what to type",
}
TYPESCRIPT_FILES = {
    "workflow.yaml": FILES["workflow.yaml"],
    "nodes/hello.ts": FILES["nodes/hello.py"],
    "tests/fixtures/hello.json": FILES["tests/fixtures/hello.json"],
    "deno.json": "tells editors what nodes import",
    ".gitignore": FILES[".gitignore"],
    "README.md": FILES["README.md"],
}
SCHEMA = ".pipedreamer/workflow.schema.json"


def command(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The new folder, named as the workflow; `.` for this one.")
    ],
    typescript: Annotated[bool, typer.Option("--typescript", help="With a node in TypeScript, not in Python.")] = False,
) -> None:
    """Make a workflow folder that runs as it is.

    Nothing is ever overwritten: where one of its files is there already, or cannot be made, nothing is made.
    """
    terminal: Terminal = ctx.obj
    folder = Path(name)
    workflow = folder.resolve().name
    _check_name(workflow, name)
    purposes = TYPESCRIPT_FILES if typescript else FILES
    contents = _contents(workflow, purposes)
    _refuse_to_overwrite(folder, contents)
    _make(folder, contents)
    document = {"ok": True, "name": workflow, "folder": str(folder.resolve()), "files": list(contents)}
    terminal.answer(document, _next_steps(workflow, folder, purposes))


def nearest_name(text: str) -> str:
    """The valid workflow name that is closest to a text: `My Flow` gives `my-flow`."""
    return right_name(text)[:NAME_LIMIT].rstrip("-")


def _check_name(workflow: str, given: str) -> None:
    if NAME.fullmatch(workflow) and len(workflow) <= NAME_LIMIT:
        return
    near = nearest_name(workflow)
    remedy = f"try `pipedreamer init {shlex.quote(str(Path(given).with_name(near)) if Path(given).name else near)}`"
    raise UsageError(
        f"{shown(workflow)} cannot be a workflow's name: it {NAME_RULE}, with at most {NAME_LIMIT} characters; {remedy}"
    )


def _contents(workflow: str, purposes: Mapping[str, str]) -> dict[str, str]:
    template = files("pipedreamer.cli") / "template"
    texts = {path: (template / path.removeprefix(".")).read_text(encoding="utf-8") for path in purposes}
    made = {SCHEMA: json_text(json_schema()) + "\n"}
    if "nodes/hello.ts" in purposes:
        texts = {path: text.replace("nodes/hello.py", "nodes/hello.ts") for path, text in texts.items()}
        made[TYPES_FILE] = TYPES.read_text("utf-8")
    return {path: text.replace("my-flow", workflow) for path, text in texts.items()} | made


def _refuse_to_overwrite(folder: Path, contents: dict[str, str]) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise PipedreamerError(f"{folder} is there already and is not a folder; choose another name")
    present = [str(folder / path) for path in contents if os.path.lexists(folder / path)]
    if present:
        more = f" (and {len(present) - 1} more)" if len(present) > 1 else ""
        raise PipedreamerError(
            f"{present[0]} is there already{more}, and init overwrites nothing; choose another name, or move it away"
        )


def _make(folder: Path, contents: dict[str, str]) -> None:
    """Make all of it; where that fails or is interrupted, take away what was made."""
    with ExitStack() as undo:
        for path, text in contents.items():
            target = folder / path
            for parent in reversed([parent for parent in target.parents if not parent.exists()]):
                undo.callback(_remove, parent)
                with naming(parent):
                    parent.mkdir()
            undo.callback(_remove, target)
            write_whole(target, text)
        undo.pop_all()


def _remove(made: Path) -> None:
    with suppress(OSError):  # it was not made, or somebody has put something into it
        made.rmdir() if made.is_dir() else made.unlink()


def _next_steps(workflow: str, folder: Path, purposes: Mapping[str, str]) -> str:
    made = [f"  {path:<27}{purpose}" for path, purpose in purposes.items()]
    enter = [] if folder.resolve() == Path.cwd() else [f"  cd {shlex.quote(str(folder))}"]
    steps = ["  pipedreamer test", "  pipedreamer dev", '  curl -d \'{"name": "Ada"}\' localhost:8080/run']
    return "\n".join([f"Made {workflow}:", *made, "", "Next:", *enter, *steps])
