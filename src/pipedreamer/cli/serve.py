"""`pipedreamer serve`: the production start of a workflow."""

import logging
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.run_options import (
    DAYS,
    INLINE,
    RUNS,
    AllowBuild,
    Config,
    Host,
    NoLogin,
    OpenRun,
    Port,
    Record,
    RecordDays,
    RecordInline,
    RecordRuns,
    Sandbox,
    Secrets,
    Tokens,
    Workers,
    demand,
    sources,
    wanted,
)
from pipedreamer.cli.terminal import Terminal
from pipedreamer.sandbox.zygote import Zygote

MEBIBYTE = 1024 * 1024


def command(
    ctx: typer.Context,
    directory: Directory = Path(),
    host: Host = "127.0.0.1",
    port: Port = 8080,
    secrets: Secrets = None,
    config: Config = None,
    workers: Workers = 0,
    record: Record = None,
    record_days: RecordDays = DAYS,
    record_runs: RecordRuns = RUNS,
    record_inline: RecordInline = INLINE,
    max_runs: Annotated[int, typer.Option("--max-runs", min=1, help="Runs at once in all workers.")] = 128,
    max_queue: Annotated[
        int, typer.Option("--max-queue", min=0, help="Runs that may wait; past it callers get 503.")
    ] = 1000,
    max_body: Annotated[int, typer.Option("--max-body", min=0, help="Largest request body in bytes.")] = 10 * MEBIBYTE,
    drain: Annotated[int, typer.Option("--drain", min=0, help="Seconds that runs have to end after SIGTERM.")] = 25,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="Name that callers may use beside localhost; repeatable.")
    ] = None,
    log: Annotated[
        Literal["auto", "text", "json"], typer.Option("--log", help="Log lines; auto: text on a terminal, else json.")
    ] = "auto",
    allow_build: AllowBuild = False,
    sandbox: Sandbox = "auto",
    tokens: Tokens = None,
    open_run: OpenRun = False,
    no_login: NoLogin = False,
) -> None:
    """Serve a workflow over HTTP, as in production."""
    terminal: Terminal = ctx.obj
    folder = workflow_folder(directory)
    zygote = Zygote()  # warms up while the rest is imported: hence the imports here
    import uvloop

    from pipedreamer.cli.admission import Admission
    from pipedreamer.cli.engine_log import log_sink, take_over_logging
    from pipedreamer.cli.serving import Serving, capacity, serve_workflow
    from pipedreamer.engine.service import Limits
    from pipedreamer.runtime.live import LiveWorkflow

    sink = log_sink("json" if log == "auto" and terminal.output == "json" else log)
    take_over_logging(sink, folder.resolve().name, "", terminal.verbose)
    logger = logging.getLogger("pipedreamer")

    def started(live: LiveWorkflow, address: str) -> None:
        workflow = live.project.workflow
        take_over_logging(sink, workflow.name, workflow.version, terminal.verbose)
        layers = "; ".join(f"{name}: {state}" for name, state in live.session.layers().items())
        logger.info("serving %s %s at %s", workflow.name, workflow.version, address)
        logger.info("sandbox: %s", layers)

    serving = Serving(
        folder=folder,
        host=host,
        port=port,
        sources=sources(folder, secrets, config),
        capacity=capacity(workers, max_runs, max_queue),
        log=sink,
        warn=logger.warning,
        drain_seconds=drain,
        limits=Limits(
            max_body=max_body, allowed_hosts=(host, *(allow_host or ())), namespace=os.environ.get("POD_NAMESPACE")
        ),
        admission=Admission(tokens, open_run, no_login),
        allow_build=allow_build,
        record=wanted(record, record_days, record_runs, record_inline),
        demand=demand(sandbox),
        access_log=terminal.verbose,
    )
    uvloop.run(serve_workflow(serving, zygote, started))
