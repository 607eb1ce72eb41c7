"""`pipedreamer validate`: everything that is wrong with a workflow folder, at once."""

from pathlib import Path

import typer

from pipedreamer import dag, project
from pipedreamer.cli.folder import Directory, workflow_folder
from pipedreamer.cli.problems import as_document, say_problems
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import ProjectError


def command(ctx: typer.Context, directory: Directory = Path()) -> None:
    """Check a workflow folder and print every problem at once.

    Checks workflow.yaml, the files it names and the nodes' code, without running any of it. Where all is well, prints
    the stages in which the workflow runs; warnings do not fail it.
    """
    terminal: Terminal = ctx.obj
    folder = workflow_folder(directory)
    problems = project.check(folder)
    if any(problem.severity == "error" for problem in problems):
        raise ProjectError(problems)
    plan = project.open_project(folder).plan
    if terminal.output == "text":
        say_problems(terminal, problems)
    terminal.answer(
        {
            "ok": True,
            "problems": as_document(problems),
            "name": plan.name,
            "version": plan.version,
            "stages": plan.stages,
        },
        f"{plan.name} {plan.version} is valid\n{dag.stages(plan)}".rstrip(),
    )
