"""How one durable run goes on, kept as it comes."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import structs

from pipedreamer.record import Attempt, Progress, Said
from pipedreamer.runtime import result as results
from pipedreamer.runtime.recording.entry import GONE, Facts, attempt, attempts
from pipedreamer.runtime.recording.events import Event, shown_attempt
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.writer import Writer

LINES_S: Final = 0.5
"""What a node logs is kept this often while it runs."""


class Keeping:
    """Implements `runtime.staged_executor.Keeper`."""

    def __init__(self, run_id: str, facts: Facts, writer: Writer, lines: RunLines) -> None:
        self._run_id = run_id
        self._facts = facts
        self._writer = writer
        self._lines = lines
        self._told: set[tuple[str, int]] = set()
        self._writing: list[asyncio.Future[None]] = []
        self._loop = asyncio.get_running_loop()
        self._saying = self._loop.call_later(LINES_S, self._say_again)

    def cut_off(self, open_: Iterable[Attempt]) -> None:
        """These attempts ended with the engine that began them."""
        for one in open_:
            self._tell(structs.replace(one, ended_at=_now_ms(), error=GONE))

    def hear(self, attempt_: results.Attempt, output: bytes | None) -> None:
        self._told.add((attempt_.node, attempt_.number))
        self._tell(attempt(self._facts, attempt_, output))

    async def keep(self, part: results.RunResult | None, then: Mapping[str, int]) -> None:
        for one in attempts(self._facts, part) if part is not None else ():
            if (one.node, one.number) not in self._told:
                self._tell(one)
        now = _now_ms()
        for node, number in then.items():
            self._tell(Attempt(node, number, "interrupted", now))
        await self.settle()

    async def settle(self) -> None:
        """Wait until all that was said is kept; raises `RecordError`."""
        self._say()
        writing, self._writing = self._writing, []
        await asyncio.gather(*writing)

    def close(self) -> None:
        """Nothing more is kept."""
        self._saying.cancel()
        self._lines.end(self._run_id)

    def _tell(self, one: Attempt) -> None:
        events = self._lines.events
        if events.are_watched:
            events.publish(Event(self._run_id, "node", shown_attempt(one)))
        self._writing.append(self._writer.write(Progress(self._run_id, one)))

    def _say(self) -> None:
        if lines := self._lines.take(self._run_id):
            self._writing.append(self._writer.write(Said(self._run_id, lines)))

    def _say_again(self) -> None:
        self._say()
        self._saying = self._loop.call_later(LINES_S, self._say_again)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
