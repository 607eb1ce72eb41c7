"""What makes `dev` pleasant: says what to type, and swaps the code when files change."""

import shlex

from watchfiles import Change, DefaultFilter, awatch

from pipedreamer.cli.problems import say_problems
from pipedreamer.cli.serving import service_of
from pipedreamer.cli.terminal import Terminal
from pipedreamer.engine import App, Limits
from pipedreamer.errors import PipedreamerError, ProblemsError
from pipedreamer.runtime.live import LiveWorkflow


class WorkflowFiles(DefaultFilter):
    """Everything a workflow may be made of: not caches and not version control, but `.secrets` too."""

    def __call__(self, change: Change, path: str) -> bool:
        return super().__call__(change, path) and not path.endswith(("~", ".tmp"))


class HotReload:
    """Watches a folder and takes up what changes; a broken edit leaves everything as it was."""

    def __init__(self, terminal: Terminal, limits: Limits) -> None:
        self._terminal = terminal
        self._limits = limits

    async def watch(self, live: LiveWorkflow, app: App) -> None:
        """Until cancelled."""
        async for changes in awatch(live.project.root, watch_filter=WorkflowFiles(), debounce=200, step=40):
            names = sorted({path.removeprefix(f"{live.project.root}/") for _, path in changes})
            await self._take_up(live, app, ", ".join(names[:3]) + (", ..." if len(names) > 3 else ""))

    async def _take_up(self, live: LiveWorkflow, app: App, what: str) -> None:
        try:
            await live.reload()
            app.replace(service_of(live, self._limits))
        except ProblemsError as error:
            say_problems(self._terminal, error.problems)
            self._terminal.say(f"kept the last good code: {what} has errors")
        except PipedreamerError as error:
            self._terminal.say(f"error: {error}")
            self._terminal.say(f"kept the last good code: {what} cannot be used")
        else:
            self._terminal.say(f"reloaded: {what}")


def welcome(terminal: Terminal, live: LiveWorkflow, address: str) -> None:
    """What a person needs to know first."""
    workflow = live.project.workflow
    say_problems(terminal, live.project.warnings)
    if terminal.output == "json":
        terminal.answer({"ok": True, "workflow": workflow.name, "version": workflow.version, "url": address}, "")
        return
    terminal.say(f"{workflow.name} {workflow.version} is running at {address}")
    for number, stage in enumerate(live.project.plan.stages, 1):
        terminal.say(f"  stage {number}: {', '.join(stage)}")
    terminal.say("")
    terminal.say("Run it from another terminal:")
    terminal.say(f"  curl -d {shlex.quote('{}')} {address}/run")
    terminal.say("")
    terminal.say(f"Watching {live.project.root}: the next run uses what you save. Ctrl-C stops.")
