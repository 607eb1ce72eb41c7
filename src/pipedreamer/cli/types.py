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
    report = write_types(workflow_folder(directory))
    document = {"ok": True, "files": [str(file) for file in report.files], "added": report.added}
    lines = [f"wrote {file}" for file in report.files] + [f"  added {setting}" for setting in report.added]
    terminal.answer(document, "\n".join(lines) or "everything that an editor needs is there")
