"""One attempt at a node while it runs, and the way to know, from anywhere in its code, which one that is."""

import asyncio
from contextvars import ContextVar
from typing import Any, Literal

import msgspec

from pipedreamer.sandbox.python.lanes import Lane

StopReason = Literal["timeout", "cancel"]


class Attempt(msgspec.Struct, eq=False):
    """What the clock needs to know. Times are monotonic nanoseconds.

    `task` is the one that its async code runs in, `lane` the thread of a plain function while that runs.
    `held` is how long it kept the event loop to itself since the clock last looked: the others get that time back.
    """

    run: int
    node: int
    number: int
    begun: int
    deadline: int
    task: asyncio.Task[Any]
    slot: int = -1
    lane: Lane | None = None
    in_thread: bool = False
    watched: bool = False
    held: int = 0
    reason: StopReason | None = None
    stopped_at: int = 0
    told: bool = False
    children: set[asyncio.Task[Any]] | None = None

    def stop(self, reason: StopReason, now: int) -> None:
        """Ask it to end, once; the clock sees to it that it does."""
        if self.reason is None:
            self.reason, self.stopped_at = reason, now
        if not self.told:
            self.told = True
            if self.lane is not None:
                self.lane.interrupt()
            else:
                self.task.cancel()

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """A task that the node made: it ends with the attempt."""
        if self.children is None:
            self.children = set()
        self.children.add(task)
        task.add_done_callback(self.children.discard)

    def end_children(self) -> None:
        """What a node left running ends with it."""
        for task in tuple(self.children or ()):
            task.cancel()


current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)
