"""What happens in runs, for those who watch: it costs nothing while nobody does."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Literal

import msgspec

from pipedreamer.record import Attempt
from pipedreamer.record.model import AttemptState
from pipedreamer.runtime.recording.moments import begun_at

MOST_BEHIND: Final = 5_000
"""Who has not taken so many events is told that some are missing."""

Kind = Literal["run", "node", "log", "missing"]


class Event(msgspec.Struct, frozen=True):
    """Something that happened in a run; `data` is as the JSON API shows it."""

    run_id: str
    kind: Kind
    data: Mapping[str, Any]


def shown_attempt(one: Attempt) -> dict[str, Any]:
    """An attempt as the JSON API tells of it; `at` is when that state began."""
    at = one.started_at if one.ended_at is None else one.ended_at
    return {"node": one.node, "attempt": one.number, "state": state_now(one), "at": at, "error": one.error}


def state_now(one: Attempt) -> AttemptState | Literal["running"]:
    """An attempt's state; one that nobody saw end is running, as long as its run is."""
    return "running" if one.ended_at is None else one.state


class Events:
    """Passes events on to watchers, each in its own time."""

    def __init__(self) -> None:
        self._watchers: set[_Watcher] = set()

    @property
    def are_watched(self) -> bool:
        """Whether anybody watches; nothing needs to be published otherwise."""
        return bool(self._watchers)

    def publish(self, event: Event) -> None:
        """Tell everybody who watches this run, or all of them."""
        for watcher in self._watchers:
            watcher.take(event)

    def tell_run(self, run_id: str, state: str, at: int | None = None) -> None:
        """Tell of a run's state, if anybody watches; `at` is when it was begun, if nothing else."""
        if self._watchers:
            self.publish(Event(run_id, "run", {"id": run_id, "state": state, "at": at or begun_at(run_id)}))

    def watch(self, run_id: str | None = None) -> "_Watcher":
        """Watch one run, or with None the states of all; from now on, and until the watcher is closed."""
        watcher = _Watcher(run_id, self._watchers)
        self._watchers.add(watcher)
        return watcher


class _Watcher:
    def __init__(self, run_id: str | None, everyone: set["_Watcher"]) -> None:
        self._run_id = run_id
        self._everyone = everyone
        self._events: deque[Event] = deque()
        self._came = asyncio.Event()

    def take(self, event: Event) -> None:
        if event.run_id != self._run_id if self._run_id is not None else event.kind != "run":
            return
        if len(self._events) >= MOST_BEHIND:
            self._events.clear()
            self._events.append(Event(event.run_id, "missing", {}))
        self._events.append(event)
        self._came.set()

    def close(self) -> None:
        self._everyone.discard(self)

    async def __aiter__(self) -> AsyncIterator[Event]:
        while True:
            while self._events:
                yield self._events.popleft()
            self._came.clear()
            await self._came.wait()
