"""How one durable run goes on, kept as it comes."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import structs

from pipedreamer.record import Attempt, Change, Ended, Progress, Run, Said
from pipedreamer.record.packing import in_order
from pipedreamer.runtime import result as results
from pipedreamer.runtime.recording.entry import GONE, Facts, attempt
from pipedreamer.runtime.recording.events import Event, shown_attempt
from pipedreamer.runtime.recording.insisting import Insisting
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.recording.moments import now_ms

LINES_S: Final = 0.5
"""What a node logs is kept this often while it runs."""


class Keeping:
    """Implements `runtime.staged_executor.Keeper`."""

    def __init__(self, run_id: str, facts: Facts, hand: Insisting, lines: RunLines) -> None:
        self._run_id = run_id
        self._facts = facts
        self._hand = hand
        self._lines = lines
        self._kept: dict[tuple[str, int], Attempt] = {}
        self._writing: list[tuple[Change, asyncio.Future[None]]] = []
        self._loop = asyncio.get_running_loop()
        self._saying = self._loop.call_later(LINES_S, self._say_again)

    def cut_off(self, open_: Iterable[Attempt]) -> None:
        """These attempts ended with the engine that began them."""
        for one in open_:
            self._tell(structs.replace(one, ended_at=now_ms(), error=GONE))

    def hear(self, attempt_: results.Attempt, output: bytes | None) -> None:
        self._tell(attempt(self._facts, attempt_, output))

    async def keep(self, part: results.RunResult | None, then: Mapping[str, int]) -> None:
        for one in part.attempts if part is not None else ():
            held = self._kept.get((one.node, one.number))
            if held is None or held.ended_at is None:  # nobody heard of it: it never began
                self.hear(one, None)
        now = now_ms()
        for node, number in then.items():
            self._tell(Attempt(node, number, "interrupted", now))
        await self.settle()

    async def settle(self) -> None:
        """Wait until all that was said is kept; raises `RecordError`."""
        self._say()
        writing, self._writing = self._writing, []
        await self._hand.finish_writing(writing)

    def close(self) -> None:
        """Nothing more is kept."""
        self._saying.cancel()
        self._lines.end(self._run_id)

    def whole(self, run: Run, end: Ended) -> Run:
        """The run as the record has it now, but for its lines."""
        began = min((one.started_at for one in self._kept.values()), default=None)
        return structs.replace(
            run,
            state=end.state,
            started_at=began if run.started_at is None else run.started_at,
            ended_at=end.ended_at,
            error=end.error,
            attempts=in_order(({(one.node, one.number): one for one in run.attempts} | self._kept).values()),
        )

    def _tell(self, one: Attempt) -> None:
        if self._hand.is_over:  # nodes that are stopped for that were not cancelled
            return
        self._kept[one.node, one.number] = one
        events = self._lines.events
        if events.are_watched:
            events.publish(Event(self._run_id, "node", shown_attempt(one)))
        self._write(Progress(self._run_id, one))

    def _write(self, change: Change) -> None:
        self._writing.append((change, self._hand.begin_to_write(change)))

    def _say(self) -> None:
        if lines := self._lines.take(self._run_id):
            self._write(Said(self._run_id, lines))

    def _say_again(self) -> None:
        self._say()
        self._saying = self._loop.call_later(LINES_S, self._say_again)
