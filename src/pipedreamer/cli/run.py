"""`pipedreamer run`: one run of a local folder, without a server."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipedreamer.cli.folder import workflow_folder
from pipedreamer.cli.run_options import AllowBuild, Config, Sandbox, Secrets, demand, sources
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import UsageError
from pipedreamer.sandbox.zygote import Zygote


def command(
    ctx: typer.Context,
    workflow: Annotated[Path, typer.Argument(metavar="DIR", help="The workflow's folder.")],
    given: Annotated[
        str, typer.Option("--input", "-i", help="The input: JSON, a file of it (@file or a path), or - for stdin.")
    ] = "{}",
    timeout: Annotated[str, typer.Option("--timeout", help="The longest the whole run may take: 30s, 5m, 1h.")] = "1h",
    secrets: Secrets = None,
    config: Config = None,
    allow_build: AllowBuild = False,
    sandbox: Sandbox = "auto",
) -> None:
    """Run a workflow folder once and print the result.

    The result is the JSON that `POST /run` answers; the nodes' log lines go to stderr. Exit code 1 when the run failed.
    """
    terminal: Terminal = ctx.obj
    folder = workflow_folder(workflow)
    zygote = Zygote()  # warms up while the rest is imported: hence the imports here
    import uvloop

    from pipedreamer.cli.engine_log import log_sink
    from pipedreamer.cli.single_run import SingleRun, read_input
    from pipedreamer.spec import parse_duration

    try:
        seconds = parse_duration(timeout) / 1000
    except ValueError as error:
        raise UsageError(f"--timeout {timeout}: {error}") from error
    single = SingleRun(
        folder=folder,
        sources=sources(folder, secrets, config),
        log=log_sink("text", sys.stderr),
        warn=terminal.say,
        allow_build=allow_build,
        demand=demand(sandbox),
    )
    answer, good = uvloop.run(single.run(read_input(given), seconds, zygote))
    document = json.loads(answer)
    terminal.answer(document, json.dumps(document, indent=2, ensure_ascii=False))
    if not good:
        raise typer.Exit(1)
