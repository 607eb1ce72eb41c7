"""The log lines of runs under way, to be kept with them."""

from typing import Final

from pipedreamer.record import Line
from pipedreamer.runtime.logs import LogSink, NodeLine

MOST_LINES: Final = 10_000
MOST_TEXT: Final = 4 * 1024 * 1024
"""In characters: of one run no more is kept."""


class RunLines:
    """A `LogSink` in front of another one, which gets every line."""

    def __init__(self, sink: LogSink) -> None:
        self._sink = sink
        self._open: dict[str, _Lines] = {}

    def __call__(self, line: NodeLine) -> None:
        self._sink(line)
        if lines := self._open.get(line.run_id):
            lines.add(line)

    def begin(self, run_id: str, after: int = 0) -> None:
        """Keep this run's lines, numbered from `after` + 1."""
        self._open[run_id] = _Lines(after)

    def take(self, run_id: str) -> tuple[Line, ...]:
        """What came since the last time."""
        return lines.take() if (lines := self._open.get(run_id)) else ()

    def end(self, run_id: str) -> tuple[Line, ...]:
        """The rest; what comes later is not kept."""
        return lines.take() if (lines := self._open.pop(run_id, None)) else ()


class _Lines:
    __slots__ = ("_characters", "_count", "_lines")

    def __init__(self, after: int) -> None:
        self._lines: list[Line] = []
        self._count = after
        self._characters = 0

    def __bool__(self) -> bool:
        return True

    def add(self, line: NodeLine) -> None:
        if self._count > MOST_LINES or self._characters > MOST_TEXT:
            return
        self._count += 1
        self._characters += len(line.message)
        is_last = self._count > MOST_LINES or self._characters > MOST_TEXT
        message = "more lines of this run were not kept" if is_last else line.message
        at = int(line.time * 1000)
        self._lines.append(Line(self._count, at, line.node, line.attempt, line.level, message))

    def take(self) -> tuple[Line, ...]:
        if not self._lines:
            return ()
        lines, self._lines = tuple(self._lines), []
        return lines
