"""`pipedreamer dev`: a workflow on the desk, taking up every edit."""

from pathlib import Path

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
    allow_build: AllowBuild = False,
    sandbox: Sandbox = "auto",
    tokens: Tokens = None,
    open_run: OpenRun = False,
    no_login: NoLogin = False,
) -> None:
    """Run a workflow here and take up every edit.

    Nodes, helpers, workflow.yaml, config and secrets are read again when they change. Runs under way keep the code
    they began with; an edit that is broken is told, and the last good code stays.
    """
    terminal: Terminal = ctx.obj
    folder = workflow_folder(directory)
    zygote = Zygote()  # warms up while the rest is imported: hence the imports here
    import uvloop

    from pipedreamer.cli.admission import Admission
    from pipedreamer.cli.engine_log import log_sink, take_over_logging
    from pipedreamer.cli.hot_reload import HotReload, welcome
    from pipedreamer.cli.serving import Serving, capacity, serve_workflow
    from pipedreamer.engine.service import Limits

    sink = log_sink(terminal.output)
    take_over_logging(sink, folder.resolve().name, "", terminal.verbose)
    serving = Serving(
        folder=folder,
        host=host,
        port=port,
        sources=sources(folder, secrets, config),
        capacity=capacity(workers, 128, 1000),
        log=sink,
        warn=terminal.say,
        drain_seconds=3.0,
        limits=Limits(allowed_hosts=(host,)),
        admission=Admission(tokens, open_run, no_login),
        allow_build=allow_build,
        record=wanted(record, record_days, record_runs, record_inline),
        demand=demand(sandbox),
        access_log=terminal.verbose,
    )
    reload = HotReload(terminal)
    uvloop.run(serve_workflow(serving, zygote, lambda live, address: welcome(terminal, live, address), reload.watch))
