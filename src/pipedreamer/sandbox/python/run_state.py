"""One run while it lasts."""

import asyncio
from typing import Any

from pipedreamer.sandbox.protocol import Run, Settings
from pipedreamer.sandbox.python.values import JsonText


class RunState:
    """`left` counts the nodes of the stage that have not ended, `task` is the one that the run goes on in."""

    __slots__ = ("cancelled", "failed", "left", "outputs", "request", "resumed", "settings", "stopping", "task")

    def __init__(self, request: Run, settings: Settings, task: asyncio.Task[Any]) -> None:
        self.request = request
        self.settings = settings
        self.task = task
        self.resumed = bool(request.done)
        self.outputs: dict[int, JsonText] = request.done
        self.failed = False
        self.cancelled = False
        self.left = 0
        self.stopping: asyncio.Event | None = None

    @property
    def over(self) -> bool:
        """No further attempt is begun."""
        return self.failed or self.cancelled

    def wake(self) -> None:
        """End the wait before a next attempt."""
        if self.stopping is not None:
            self.stopping.set()
