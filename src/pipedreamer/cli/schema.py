"""`pipedreamer schema`: what an editor needs to complete workflow.yaml."""

from pathlib import Path
from typing import Annotated

import typer

from pipedreamer import spec
from pipedreamer.cli.terminal import Terminal, json_text
from pipedreamer.writing import write_whole


def command(
    ctx: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the schema there instead of to stdout.")
    ] = None,
) -> None:
    """Print the JSON Schema of workflow.yaml, for editors."""
    terminal: Terminal = ctx.obj
    schema = spec.json_schema()
    if out is None:
        terminal.answer(schema, json_text(schema))
        return
    write_whole(out, json_text(schema) + "\n")
    terminal.answer({"ok": True, "file": str(out)}, f"wrote {out}")
