"""One attempt at a node while it runs, and the way to know, from anywhere in its code, which one that is."""

import asyncio
from contextvars import ContextVar
from typing import Any, Literal

from pipedreamer.sandbox.python.lanes import Lane

StopReason = Literal["timeout", "cancel"]


class Attempt:
    """What the clock needs to know. Times are monotonic nanoseconds.

    `held` is how long it kept the event loop to itself since the clock last looked: the others get that time back.
    """

    __slots__ = (
        "begun", "children", "deadline", "held", "in_thread", "lane", "node", "number", "reason", "run", "slot",
        "stopped_at", "task", "told",
    )  # fmt: skip

    def __init__(self, run: int, node: int, number: int, begun: int, deadline: int, slot: int) -> None:
        self.run = run
        self.node = node
        self.number = number
        self.begun = begun
        self.deadline = deadline
        self.in_thread = False
        self.slot = slot
        self.held = 0
        self.reason: StopReason | None = None
        self.stopped_at = 0
        self.told = False
        self.task: asyncio.Task[Any] | None = None
        self.lane: Lane | None = None
        self.children: set[asyncio.Task[Any]] = set()

    def stop(self, reason: StopReason, now: int) -> None:
        """Ask it to end, once; the clock sees to it that it does."""
        if self.reason is None:
            self.reason, self.stopped_at = reason, now
        if not self.told:
            self.told = True
            if self.lane is not None:
                self.lane.interrupt()
            elif self.task is not None:
                self.task.cancel()


current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
