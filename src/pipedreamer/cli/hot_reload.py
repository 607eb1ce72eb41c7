"""What makes `dev` pleasant: says what to type, and swaps the code when files change."""

import asyncio
import json
import os
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer
from watchfiles import Change, DefaultFilter, awatch

from pipedreamer.cli.keeping import PLACE
from pipedreamer.cli.problems import say_problems
from pipedreamer.cli.sample import sample_input
from pipedreamer.cli.serving import Renew
from pipedreamer.cli.terminal import Terminal
from pipedreamer.errors import PipedreamerError, ProblemsError, WiderPermissionsError
from pipedreamer.runtime.live import LiveWorkflow

LOOK_MS = 1000
CLOCK_STEP = 0.02
"""How far the clock by which files are stamped may be behind, in seconds."""


class WorkflowFiles(DefaultFilter):
    """Everything a workflow may be made of, `.secrets` too; not caches, not version control, not our own output.

    But an entry with a dot that is new, of version control too: nodes do not see such entries, and what they see is
    decided when the folder is read.
    """

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = str(root)
        self._record = str(root / PLACE.parts[0])
        self.wants_a_sign = False

    def is_of_the_record(self, path: str) -> bool:
        """Whether it is written by runs; let through only while any sign will do that the watching has begun."""
        return path.startswith(self._record)

    def __call__(self, change: Change, path: str) -> bool:
        if self.is_of_the_record(path):
            return self.wants_a_sign
        if change is Change.added and "/." in path and self._is_first_with_a_dot(path):
            return True
        # To say that a log has changed changes the log: `dev 2>&1 | tee dev.log` would never come to rest.
        return super().__call__(change, path) and not path.endswith(("~", ".tmp", ".log")) and not _is_our_output(path)

    def _is_first_with_a_dot(self, path: str) -> bool:
        folder, _, name = path.removeprefix(self._root).rpartition("/")
        is_an_editors = any(re.search(pattern, name) for pattern in self.ignore_entity_patterns)
        return name.startswith(".") and "/." not in folder and not is_an_editors


class HotReload:
    """Watches a folder and takes up what changes; a broken edit leaves everything as it was.

    Made before the folder is read, so that no edit is missed that was made between reading and watching.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._taking: asyncio.Task[None] | None = None
        self._read_at = time.time()

    async def watch(self, live: LiveWorkflow, renew: Renew) -> None:
        """Until cancelled; `renew` has the engine serve what was taken up.

        A folder that was removed is watched again when there is one of its name.
        """
        root = live.project.root
        while True:
            with suppress(FileNotFoundError), _held(root) as folder:
                await self._watch(live, renew, folder)
            if not root.is_dir():
                self._terminal.say(f"{root} is gone; kept the last good code until it is back")
            while not root.is_dir():  # noqa: ASYNC110 - the system tells nobody
                await asyncio.sleep(LOOK_MS / 1000)
            self._read_at = time.time()
            await self._take_up(live, renew, str(root))

    async def _watch(self, live: LiveWorkflow, renew: Renew, folder: int) -> None:
        """Until this very folder has gone; the system tells of changes in it and not of its own end."""
        root = live.project.root
        passes = WorkflowFiles(root)
        passes.wants_a_sign = True
        watching = awatch(root, watch_filter=passes, debounce=200, step=40, rust_timeout=LOOK_MS, yield_on_timeout=True)
        unseen: float | None = self._read_at
        async for changes in watching:
            if not os.path.samestat(os.fstat(folder), root.stat()):
                return
            passes.wants_a_sign = False
            paths = {path for path in _lasting(changes) if not passes.is_of_the_record(path)}
            if unseen is not None:
                paths |= await asyncio.to_thread(_changed_since, root, unseen)
                unseen = None
            names = sorted(path.removeprefix(f"{root}/") for path in paths)
            if names:
                await self._begin(live, renew, ", ".join(names[:3]) + (", ..." if len(names) > 3 else ""))

    async def _begin(self, live: LiveWorkflow, renew: Renew, what: str) -> None:
        """Take the change up beside the watching: a newer one ends a load that hangs."""
        if self._taking is not None:
            self._taking.cancel()
            with suppress(asyncio.CancelledError):
                await self._taking
        self._taking = asyncio.ensure_future(self._take_up(live, renew, what))

    async def _take_up(self, live: LiveWorkflow, renew: Renew, what: str) -> None:
        try:
            await live.reload()
            renew()
        except ProblemsError as error:
            say_problems(self._terminal, error.problems)
            self._terminal.say(f"kept the last good code after a change of {what}")
        except WiderPermissionsError as error:
            self._terminal.complain(str(error))
            self._terminal.say(f"kept the last good code: stop dev and start it again to take up {what}")
        except PipedreamerError as error:
            self._terminal.complain(str(error))
            self._terminal.say(f"kept the last good code after a change of {what}")
        else:
            self._terminal.say(f"reloaded: {what}")


def welcome(terminal: Terminal, live: LiveWorkflow, address: str) -> None:
    """What a person needs to know first; as JSON one line, because the nodes' lines follow it on stdout."""
    workflow = live.project.workflow
    say_problems(terminal, live.project.warnings)
    if terminal.output == "json":
        started = {"ok": True, "workflow": workflow.name, "version": workflow.version, "url": address}
        typer.echo(json.dumps(started))
        return
    terminal.say(f"{workflow.name} {workflow.version} is running at {address}")
    for number, stage in enumerate(live.project.plan.stages, 1):
        terminal.say(f"  stage {number}: {', '.join(stage)}")
    terminal.say("")
    terminal.say("Run it from another terminal:")
    terminal.say(f"  curl -d {shlex.quote(sample_input(live.project))} {address}/run")
    terminal.say("")
    terminal.say(f"Watching {live.project.root}: the next run uses what you save. Ctrl-C stops.")


def _lasting(changes: set[tuple[Change, str]]) -> set[str]:
    """The paths that changed, without the files of a moment by which editors save."""
    added = {path for change, path in changes if change is Change.added}
    return {path for _, path in changes if path not in added or os.path.lexists(path)}


def _changed_since(root: Path, moment: float) -> set[str]:
    """The files that were written or renamed since then (seconds since 1970), else the folders that others left."""
    passes = WorkflowFiles(root)
    watched = (path for path in (root, *root.rglob("*")) if passes(Change.modified, str(path)))
    changed = {path for path in watched if _changed_at(path) > moment - CLOCK_STEP}
    if _changed_at(root / PLACE.parts[0]) >= _changed_at(root):  # the last that came into the folder is the record
        changed.discard(root)
    files = {path for path in changed if not path.is_dir()}
    return {str(path) for path in files or changed}


def _changed_at(path: Path) -> float:
    try:
        return path.lstat().st_ctime
    except FileNotFoundError:  # it went while we looked
        return 0.0


@contextmanager
def _held(root: Path) -> Iterator[int]:
    """A descriptor of the folder: as long as it is open, no other folder can get the same number."""
    folder = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        yield folder
    finally:
        os.close(folder)


def _is_our_output(path: str) -> bool:
    """Whether stdout or stderr goes into this file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every change
        return any(os.path.samestat(found, os.fstat(descriptor)) for descriptor in (1, 2))
    except OSError:
        return False
