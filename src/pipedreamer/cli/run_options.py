"""The options that everything which runs a workflow takes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from pipedreamer.cli.keeping import Wanted
    from pipedreamer.runtime.settings import Sources

Host = Annotated[str, typer.Option("--host", help="Address to listen at.")]
Port = Annotated[int, typer.Option("--port", help="Port to listen at; 0 takes a free one.")]
Secrets = Annotated[
    Path | None, typer.Option("--secrets", help="File or folder of secrets, in place of .secrets/ and .secrets.yaml.")
]
Config = Annotated[Path | None, typer.Option("--config", help="Folder of config overrides, in place of /app/config.")]
Workers = Annotated[
    int, typer.Option("--workers", min=0, max=256, help="Worker processes; 0 for one a processor, at most 4.")
]
AllowBuild = Annotated[
    bool, typer.Option("--allow-build", help="Let packages without wheels be built; building one runs its code here.")
]

Record = Annotated[
    str | None,
    typer.Option(
        "--record",
        envvar="PIPEDREAMER_RECORD",
        help="Where runs are kept: a file, postgresql://..., or none; where not given, .pipedreamer in the folder.",
    ),
]
RecordDays = Annotated[
    int, typer.Option("--record-days", min=0, help="Remove runs that are older; 0 for ever.", show_default=True)
]
RecordRuns = Annotated[
    int, typer.Option("--record-runs", min=0, help="Remove the oldest beyond so many; 0 for all.", show_default=True)
]
RecordInline = Annotated[
    int,
    typer.Option("--record-inline", min=1024, help="Bytes of a run's values that lie in its row, larger ones beside."),
]
DAYS, RUNS, INLINE = 30, 1_000_000, 256 * 1024

Tokens = Annotated[Path | None, typer.Option("--tokens", help="File or folder of the tokens that callers must show.")]
OpenRun = Annotated[bool, typer.Option("--open-run", help="With --tokens: let everybody run the workflow.")]
NoLogin = Annotated[
    bool, typer.Option("--no-login", help="Let in everybody who reaches the port: the network decides who does.")
]

Sandbox = Annotated[
    Literal["auto", "required", "best-effort"],
    typer.Option("--sandbox", help="Without a layer: do not start, or say so; auto: required in a container."),
]


def demand(sandbox: Literal["auto", "required", "best-effort"]) -> Literal["required", "best-effort"]:
    """What is demanded of the machine where a layer of the sandbox is missing."""
    if sandbox != "auto":
        return sandbox
    marks = ("/run/.containerenv", "/.dockerenv")
    in_container = "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(mark).exists() for mark in marks)
    return "required" if in_container else "best-effort"


def wanted(place: str | None, days: int, runs: int, inline: int) -> "Wanted":
    """What is to be kept of runs, where, and for how long."""
    from pipedreamer.cli.keeping import Wanted
    from pipedreamer.record import Limits, Retention

    return Wanted(place, Retention(days * 86400.0 or None, runs or None), Limits(inline=inline))


def sources(folder: Path, secrets: Path | None, config: Path | None) -> "Sources":
    """Where settings are read, as the options say."""
    from pipedreamer.runtime.settings import Sources  # here, so that the zygote is started before it is loaded

    if config is None:
        return Sources(folder=folder, secrets=secrets)
    return Sources(folder=folder, secrets=secrets, config_mount=config)
