"""`pipedreamer lock`: a workflow's packages, pinned."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.terminal import Terminal
from pipedreamer.project.modules import lock_modules
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

    Reads requirements.txt or pyproject.toml of the folder and writes requirements.lock, and for what TypeScript nodes
    import deno.lock, each with a hash for every file. Commit them: `dev`, `test` and `build` take just what they say.
    """
    terminal: Terminal = ctx.obj
    folder = workflow_folder(directory)
    with terminal.working() as say:
        report = lock(folder, allow_build, upgrade=upgrade, say=say)
        imported = lock_modules(folder, upgrade=upgrade, say=say)
    document = {"ok": True, **_document(report)} | ({"modules": _document(imported)} if imported.file else {})
    terminal.answer(document, _told(report, imported))


def _document(report: LockReport) -> dict[str, Any]:
    file = str(report.file) if report.file else None
    return {"file": file, "packages": report.packages, "changed": report.changed}


def _told(report: LockReport, imported: LockReport) -> str:
    lines = [line for one in (report, imported) if one.file for line in _lines(one)]
    if report.file is None and (report.changed or not lines):
        removed = " (its lock was removed)" if report.changed else ""
        lines.insert(0, f"this workflow asks for no {'Python ' if lines else ''}packages{removed}")
    return "\n".join(lines)


def _lines(report: LockReport) -> list[str]:
    count = f"{len(report.packages)} package{'' if len(report.packages) == 1 else 's'}"
    said = f"wrote {report.file}: {count}" if report.changed else f"{report.file} is up to date: {count}"
    return [said, *(f"  {pin}" for pin in report.packages)]
