"""`pipedreamer token`: a new token for callers of a served workflow."""

import secrets

import typer

from pipedreamer.cli.terminal import Terminal


def command(ctx: typer.Context) -> None:
    """Print a new token, for `serve --tokens`."""
    terminal: Terminal = ctx.obj
    token = secrets.token_urlsafe(32)
    terminal.answer({"token": token}, token)
