"""`pipedreamer visualize`: a workflow as a picture."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipedreamer import dag, project
from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.terminal import Terminal
from pipedreamer.writing import write_whole

Format = Literal["mermaid", "dot", "svg", "html"]


def command(
    ctx: typer.Context,
    directory: Directory = Path(),
    drawing: Annotated[Format, typer.Option("--format", help="What to draw.")] = "mermaid",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the drawing there instead of to stdout.")
    ] = None,
) -> None:
    """Draw a workflow as Mermaid, DOT, SVG or HTML."""
    terminal: Terminal = ctx.obj
    draw = {"mermaid": dag.mermaid, "dot": dag.dot, "svg": dag.svg, "html": dag.html}[drawing]
    text = draw(project.open_project(workflow_folder(directory)).plan)
    if out is None:
        terminal.answer({"ok": True, "format": drawing, "drawing": text}, text.rstrip("\n"))
        return
    write_whole(out, text)
    terminal.answer({"ok": True, "format": drawing, "file": str(out)}, f"wrote {out}")
