"""One run while it lasts."""

import asyncio
from typing import Any

from pipedreamer.sandbox.protocol import Run, Settings
from pipedreamer.sandbox.python.values import JsonText

Stages = list[tuple[tuple[int, ...], bool]]
"""Nodes that run together, and whether they are the last."""


class RunState:
    """`left` counts the nodes of the stage that have not ended, `task` is the one that the run goes on in."""

    __slots__ = (
        "cancelled", "failed", "left", "outputs", "request", "resumed", "settings", "stages", "stopping",
        "task",
    )  # fmt: skip

    def __init__(self, request: Run, settings: Settings, task: asyncio.Task[Any], stages: Stages) -> None:
        self.request = request
        self.settings = settings
        self.task = task
        self.stages = stages
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
