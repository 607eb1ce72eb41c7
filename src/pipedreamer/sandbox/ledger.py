"""What a worker without a flight page is doing, by what it says and what it notes in a sheet.

It answers as `flight.FlightPage` does. Which attempt has the processor it knows where there is one only. The sheet is
a file that the worker writes: records of six doubles, one for each attempt begun in the turn of its loop that the
first record tells. When a turn ends, those that run on are announced. The engine believes nothing of it blindly.
"""

import math
import os
import struct
from collections.abc import Callable
from typing import Final

from pipedreamer.sandbox.flight import RunningAttempt, now_ns
from pipedreamer.sandbox.protocol import SHEET_SIZE, Begun, Outcome

MOST: Final = 10_000
"""So many attempts are noted: a worker's word must not fill the engine."""
NOT_BUSY_NS: Final = 1_000_000
"""Who was heard so lately is not asked what it does."""

_records = struct.Struct("=6d")


class Ledger:
    """The attempts that have begun and not ended, and when the worker was last heard.

    `sheet` is an open file; `is_open` says whether a run has not ended.
    """

    def __init__(self, sheet: int | None, is_open: Callable[[int], bool]) -> None:
        self._sheet = sheet
        self._is_open = is_open
        self._announced: dict[tuple[int, int], RunningAttempt] = {}
        self._ended: dict[int, set[tuple[int, int]]] = {}
        self._heard = now_ns()

    def heard(self) -> None:
        """The worker has said something."""
        self._heard = now_ns()

    def begun(self, said: Begun) -> None:
        """An attempt runs on."""
        if len(self._announced) < MOST:
            attempt = RunningAttempt(said.run, said.node, said.attempt, said.deadline, 0)
            self._announced[said.run, said.node] = attempt

    def ended(self, outcome: Outcome) -> None:
        """An attempt has ended, for good or to be made again; with the last one its run has."""
        self._announced.pop((outcome.run, outcome.node), None)
        if not outcome.last:
            ended = self._ended.setdefault(outcome.run, set()) if self._is_open(outcome.run) else set()
            if len(ended) < MOST:
                ended.add((outcome.node, outcome.attempt))
            return
        self._ended.pop(outcome.run, None)
        if self._announced:
            self._announced = {place: one for place, one in self._announced.items() if one.run != outcome.run}

    def silent_ns(self, now: int) -> int:
        """How long nothing was heard."""
        return now - self._heard

    def busy_ns(self, now: int) -> int:
        """How long a node may have held the processor; 0 when none runs."""
        if now - self._heard < NOT_BUSY_NS:
            return 0
        noted = self._noted()
        if not noted and not self._announced:
            return 0
        return now - max(self._heard, *(began for _, began in noted), 0)

    def current(self) -> RunningAttempt | None:
        """The attempt that is on the processor, if it can be no other."""
        running = self.running()
        return running[0] if len(running) == 1 else None

    def running(self) -> list[RunningAttempt]:
        """Every attempt that has begun and not ended."""
        noted = {(one.run, one.node): one for one, _ in self._noted()}
        return list((self._announced | noted).values())

    def in_thread(self, thread: int) -> RunningAttempt | None:  # noqa: ARG002 - its threads say nothing
        """The attempt that a thread works for, if it can be no other."""
        return self.current()

    def own_threads(self) -> int:
        """As many as an idle worker may have: another language's runtime keeps them as it likes."""
        return MOST

    def unsent(self, received: int) -> bytes:  # noqa: ARG002 - what was not sent is lost with the process
        return b""

    def _noted(self) -> list[tuple[RunningAttempt, int]]:
        """The attempts of the sheet that no outcome was heard of, and when each began."""
        text = os.pread(self._sheet, SHEET_SIZE, 0) if self._sheet is not None else b""
        noted = []
        turn = 0.0
        for record in _records.iter_unpack(text[: len(text) // _records.size * _records.size]):
            turn = turn or record[0]
            if record[0] != turn or not all(math.isfinite(field) and field >= 0 for field in record):
                break
            _, run, node, number, deadline, began = map(int, record)
            if self._is_open(run) and (node, number) not in self._ended.get(run, ()):
                noted.append((RunningAttempt(run, node, number, deadline, 0), began))
        return noted
