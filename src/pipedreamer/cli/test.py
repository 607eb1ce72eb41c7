"""`pipedreamer test`: fixtures of nodes, or of the whole workflow."""

import os
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipedreamer.cli.folder import workflow_folder
from pipedreamer.cli.run_options import AllowBuild, Config, Secrets, sources
from pipedreamer.cli.terminal import Terminal, wants_colour
from pipedreamer.errors import UsageError
from pipedreamer.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from pipedreamer.testing.outcome import Outcome
    from pipedreamer.testing.report import Columns
    from pipedreamer.testing.suite import Suite
    from pipedreamer.testing.trials import Trial

Target = Annotated[
    Path, typer.Argument(metavar="DIR[/NODE]", help="The workflow's folder, or one node of it.", show_default=False)
]


def command(
    ctx: typer.Context,
    target: Target = Path(),
    pipeline: Annotated[
        bool, typer.Option("--pipeline", help="Run the whole workflow, in place of each node alone.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="With real secrets, config and network; without NODE the whole workflow.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML there too, for CI.")
    ] = None,
    secrets: Secrets = None,
    config: Config = None,
    allow_build: AllowBuild = False,
) -> None:
    """Run a workflow's nodes on their fixtures and compare.

    A fixture is tests/fixtures/NODE*.json: an input, what should come out, and what is mocked around the node.
    Exit code 1 when a test failed.
    """
    terminal: Terminal = ctx.obj
    folder, node = _chosen(target)
    _check_options(node, pipeline, live, (secrets, config))
    zygote = Zygote()  # warms up while the rest is imported: hence the imports here
    import uvloop

    from pipedreamer.project.modules import Imports
    from pipedreamer.project.packages import environment
    from pipedreamer.runtime.egress import DriverGateway, Egress
    from pipedreamer.runtime.http_broker import HttpBroker
    from pipedreamer.runtime.permitted_secrets import fetch_secrets
    from pipedreamer.runtime.settings import read_settings
    from pipedreamer.testing.junit import write_junit
    from pipedreamer.testing.opening import open_subject
    from pipedreamer.testing.report import document, summary
    from pipedreamer.testing.suite import Live, Suite
    from pipedreamer.testing.trials import node_trials, pipeline_trials

    subject = open_subject(folder)
    workflow = subject.project.workflow
    is_whole = pipeline or (live and node is None)
    if is_whole:
        subject.check_all()
    trials = pipeline_trials(subject) if is_whole else node_trials(subject, node)
    around = None
    if live:
        settings = read_settings(workflow.config, sources(folder, secrets, config))
        for warning in settings.warnings:
            terminal.say(f"warning: {warning}")
        allowed = workflow.permissions
        broker = HttpBroker(lambda: fetch_secrets(settings.secrets, allowed), permissions=lambda: allowed)
        around = Live(settings, broker, DriverGateway(Egress(allowed.net), tell=terminal.say))
    site = environment(subject.project.root, allow_build, say=terminal.say)
    imports = Imports(subject.project.root, terminal.say)
    suite = Suite(subject=subject, site=site, imports=imports, live=around)
    outcomes = uvloop.run(_run(suite, trials, zygote, terminal))
    if junit is not None:
        write_junit(junit, workflow.name, outcomes)
    mode = ("live " if live else "") + ("pipeline" if is_whole else "nodes")
    terminal.answer(document(workflow.name, outcomes, mode), summary(outcomes))
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


async def _run(suite: "Suite", trials: "tuple[Trial, ...]", zygote: Zygote, terminal: Terminal) -> "list[Outcome]":
    """Run all, printing each outcome when it is there."""
    from pipedreamer.testing.report import Columns

    columns = Columns.of(trials)
    outcomes = []
    async with aclosing(suite.run(trials, zygote)) as coming:
        async for outcome in coming:
            outcomes.append(outcome)
            if terminal.output == "text":
                _print(outcome, columns, terminal.verbose)
    return outcomes


def _print(outcome: "Outcome", columns: "Columns", verbose: bool) -> None:
    from pipedreamer.testing.report import details

    mark = typer.style("ok  ", fg="green") if outcome.passed else typer.style("FAIL", fg="red", bold=True)
    lines = [f"{mark}  {columns.line(outcome)}"]
    if verbose or not outcome.passed:
        lines += details(outcome)
    typer.echo("\n".join(lines), color=wants_colour(sys.stdout, os.environ))


def _chosen(target: Path) -> tuple[Path, str | None]:
    """The folder, and the node where the last part of a path that is no folder names one in the folder before it."""
    is_folder = target.is_dir() or target.name == "workflow.yaml"
    if not is_folder and (target.parent / "workflow.yaml").is_file():
        return target.parent, target.name
    return workflow_folder(target), None


def _check_options(node: str | None, pipeline: bool, live: bool, of_live: tuple[Path | None, ...]) -> None:
    if pipeline and node is not None:
        raise UsageError(f"--pipeline runs the whole workflow: leave out /{node}, or --pipeline")
    if not live and any(option is not None for option in of_live):
        raise UsageError("--secrets and --config are for --live; without it fixtures give secrets and config")
