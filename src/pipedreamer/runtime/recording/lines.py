"""The log lines of runs under way, to be kept with them."""

from typing import Any, Final

from msgspec import structs

from pipedreamer.record import Line
from pipedreamer.runtime.logs import LogSink, NodeLine
from pipedreamer.runtime.recording.events import Event, Events

MOST_LINES: Final = 10_000
MOST_TEXT: Final = 4 * 1024 * 1024
"""In characters: of one run no more is kept."""


class RunLines:
    """A `LogSink` in front of another one, which gets every line."""

    def __init__(self, sink: LogSink, events: Events) -> None:
        self._sink = sink
        self.events = events
        self._open: dict[str, _Lines | None] = {}

    def __call__(self, line: NodeLine) -> None:
        self._sink(line)
        if line.run_id in self._open:
            kept = self._lines_of(line.run_id).add(line)
            if kept is not None and self.events.are_watched:
                self.events.publish(Event(line.run_id, "log", shown_line(kept)))

    def begin(self, run_id: str, after: int = 0) -> None:
        """Keep this run's lines, numbered from `after` + 1."""
        self._open[run_id] = _Lines(after) if after else None

    def take(self, run_id: str) -> tuple[Line, ...]:
        """What came since the last time."""
        return lines.take() if (lines := self._open.get(run_id)) else ()

    def pending(self, run_id: str) -> tuple[Line, ...]:
        """What came and was not taken."""
        return tuple(lines.kept) if (lines := self._open.get(run_id)) else ()

    def end(self, run_id: str) -> tuple[Line, ...]:
        """The rest; what comes later is not kept."""
        lines = self._open.pop(run_id, None)
        return lines.take() if lines is not None else ()

    def _lines_of(self, run_id: str) -> "_Lines":
        lines = self._open[run_id]
        if lines is None:
            lines = self._open[run_id] = _Lines(0)
        return lines


def shown_line(line: Line) -> dict[str, Any]:
    """A line as the JSON API shows it."""
    number, at, node, attempt, level, message = structs.astuple(line)
    return {"n": number, "at": at, "node": node, "attempt": attempt, "level": level, "message": message}


class _Lines:
    __slots__ = ("_characters", "_count", "kept")

    def __init__(self, after: int) -> None:
        self.kept: list[Line] = []
        self._count = after
        self._characters = 0

    def add(self, line: NodeLine) -> Line | None:
        if self._count > MOST_LINES or self._characters > MOST_TEXT:
            return None
        self._count += 1
        self._characters += len(line.message)
        is_last = self._count > MOST_LINES or self._characters > MOST_TEXT
        message = "more lines of this run were not kept" if is_last else line.message
        at = int(line.time * 1000)
        kept = Line(self._count, at, line.node, line.attempt, line.level, message)
        self.kept.append(kept)
        return kept

    def take(self) -> tuple[Line, ...]:
        if not self.kept:
            return ()
        lines, self.kept = tuple(self.kept), []
        return lines
