"""`pipedreamer types`: types of TypeScript nodes, for editors."""

from pathlib import Path

import typer

from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.terminal import Terminal
from pipedreamer.project.modules import write_types


def command(ctx: typer.Context, directory: Directory = Path()) -> None:
    """Tell editors the types of TypeScript nodes.

    Writes them to .pipedreamer/pipedreamer.ts, and adds to the folder's deno.json what Deno's language server needs to
    find them. Nothing that is set there is changed, but a `pipedreamer` that leads to no file.
    """
    terminal: Terminal = ctx.obj
    folder = workflow_folder(directory)
    report = write_types(folder)
    files, added = (report.files, report.added) if report else ((), ())
    lines = [f"wrote {file}" for file in files] + [f"  added {setting}" for setting in added]
    nothing = "everything that an editor needs is there" if report else f"{folder} has no node in TypeScript"
    document = {"ok": True, "files": [str(file) for file in files], "added": added}
    terminal.answer(document, "\n".join(lines) or nothing)
