"""`pipedreamer lock`: a workflow's packages, pinned."""

from pathlib import Path
from typing import Annotated

import typer

from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.terminal import Terminal
from pipedreamer.project.packages import LockReport, lock


def command(
    ctx: typer.Context,
    directory: Directory = Path(),
    allow_build: Annotated[
        bool, typer.Option("--allow-build", help="Also take packages without wheels; building one runs its code here.")
    ] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Take the newest versions, not those of the present lock.")
    ] = False,
) -> None:
    """Write down the exact versions of a workflow's packages.

    Reads requirements.txt or pyproject.toml of the folder and writes requirements.lock, with a hash for every file.
    Commit it: `dev`, `test` and `build` install exactly what it says.
    """
    terminal: Terminal = ctx.obj
    with terminal.working() as say:
        report = lock(workflow_folder(directory), allow_build, upgrade=upgrade, say=say)
    document = {
        "ok": True,
        "file": str(report.file) if report.file else None,
        "packages": report.packages,
        "changed": report.changed,
    }
    terminal.answer(document, _told(report))


def _told(report: LockReport) -> str:
    if report.file is None:
        removed = " (its lock was removed)" if report.changed else ""
        return f"this workflow asks for no packages{removed}"
    count = f"{len(report.packages)} package{'' if len(report.packages) == 1 else 's'}"
    said = f"wrote {report.file}: {count}" if report.changed else f"{report.file} is up to date: {count}"
    return "\n".join([said, *(f"  {pin}" for pin in report.packages)])
