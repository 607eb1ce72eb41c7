"""`pipedreamer permissions`: what a workflow's nodes may do, and what not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pipedreamer import project
from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.run_options import AllowBuild, Config, Secrets
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import UsageError
from pipedreamer.sandbox.zygote import Zygote
from pipedreamer.spec import Permissions
from pipedreamer.spec.granted_paths import SCRATCH
from pipedreamer.spec.quantity import memory_text

NEVER = "metadata of the cloud, link-local addresses and the engine's own ports"


def command(
    ctx: typer.Context,
    directory: Directory = Path(),
    observe: Annotated[
        bool, typer.Option("--observe", help="Run the fixtures and print the smallest block that would have done.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Observe the whole workflow with real secrets, config and network.")
    ] = False,
    given: Annotated[
        str | None,
        typer.Option("--input", "-i", help="The input, with --live: JSON, a file of it (@file or a path), or -."),
    ] = None,
    secrets: Secrets = None,
    config: Config = None,
    allow_build: AllowBuild = False,
) -> None:
    """Show what a workflow's nodes may reach, and what not.

    Reads the permissions block of workflow.yaml, or the defaults where there is none. Of secrets the names in the
    block are shown, not which of them exist. Nothing is run, but with --observe; then the exit code is 1 when a run
    failed.
    """
    terminal: Terminal = ctx.obj
    folder = workflow_folder(directory)
    _check_options(observe, live, allow_build, (given, secrets, config))
    if observe:
        _observe(terminal, folder, live, given or "{}", secrets, config, allow_build)
        return
    workflow = project.open_project(folder).workflow
    named = {"ok": True, "workflow": workflow.name, "version": workflow.version}
    told = described(workflow.permissions, f"{workflow.name} {workflow.version}")
    terminal.answer({**named, **document(workflow.permissions)}, told)


def _check_options(observe: bool, live: bool, allow_build: bool, of_live: tuple[object, ...]) -> None:
    if not observe and (live or allow_build or any(option is not None for option in of_live)):
        raise UsageError("nothing is run without --observe, which the other options are for")
    if not live and any(option is not None for option in of_live):
        raise UsageError("--input, --secrets and --config are for --live; without it fixtures give these")


def _observe(terminal: Terminal, *said: Any) -> None:
    zygote = Zygote()  # warms up while the rest is imported: hence the imports here
    import uvloop

    from pipedreamer.cli.observing import Given, Observer

    if not uvloop.run(Observer(Given(*said), terminal, zygote).observe()):
        raise typer.Exit(1)


def document(permissions: Permissions) -> dict[str, Any]:
    """The block with its defaults filled in: `net` and `secrets` are a word or a list, `memory` is in bytes."""
    net = permissions.net
    return {
        "declared": permissions.declared,
        "net": net if net == "any" else [str(one) for one in net],
        "read": permissions.read,
        "write": permissions.write,
        "env": permissions.env,
        "memory": permissions.memory,
        "secrets": "all" if permissions.secrets is None else permissions.secrets,
        "inject": permissions.inject,
        "subprocesses": False,
    }


def described(permissions: Permissions, name: str) -> str:
    """The same for people, a subject a paragraph."""
    source = "as its permissions block says" if permissions.declared else "no permissions block: the defaults"
    subjects = {
        "network": _network(permissions),
        "read": _read(permissions),
        "write": _write(permissions),
        "environment": permissions.env or ("nothing",),
        "memory": (f"{memory_text(permissions.memory)} a worker",),
        "secrets": _secrets(permissions),
        "programs": ("none: no node starts another process",),
    }
    width = max(map(len, subjects)) + 2
    lines = [f"{name}: what its nodes may reach ({source})"]
    for subject, texts in subjects.items():
        margin = f"  {subject:{width}}"
        for text in texts:
            lines.append(f"{margin}{text}")
            margin = " " * len(margin)
    return "\n".join(lines)


def _network(permissions: Permissions) -> Iterator[str]:
    if permissions.net == "any":
        yield f"everything, except {NEVER}"
        return
    for one in permissions.net:
        note = f"  any name below {one.host[2:]}, not at private addresses" if one.host.startswith("*.") else ""
        yield f"{one}{note}"
    yield "nothing else" if permissions.net else "nothing"


def _read(permissions: Permissions) -> Iterator[str]:
    yield "the workflow's folder, without names that begin with a dot, and its packages"
    yield from permissions.read
    yield "what may be written, and nothing else"


def _write(permissions: Permissions) -> Iterator[str]:
    yield f"{SCRATCH}, a scratch folder of the workflow's own"
    yield from permissions.write
    yield "nothing else"


def _secrets(permissions: Permissions) -> Iterator[str]:
    hidden = permissions.inject
    if permissions.secrets is None:
        yield "all" + (f", except {', '.join(hidden)}" if hidden else "")
    else:
        yield ", ".join(permissions.secrets) or "none"
    if hidden:
        yield f"only for ctx.fetch, never seen by a node: {', '.join(hidden)}"
