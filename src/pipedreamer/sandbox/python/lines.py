"""What nodes log and print, on its way to the engine: as much as a log can take, of the rest the number of lines."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.protocol import LogLine
from pipedreamer.sandbox.python.attempt import Attempt

MOST: Final = 5_000
"""Lines of one attempt in `WINDOW_NS`; each begun KiB counts as one."""
WINDOW_NS: Final = 5_000_000_000
_KIB: Final = 1024


class Unfinished(Protocol):
    """What may have something left to say when an attempt ends: `rest` is empty where nobody has."""

    rest: dict[Any, Any]

    def finish(self, attempt: Attempt) -> None: ...


class Lines:
    """Hands lines on; may be called from any thread. Nobody waits: a node is not slowed down by what it writes."""

    def __init__(self, send: Callable[[LogLine], None]) -> None:
        self._send = send
        self._since = 0
        self.rest: dict[tuple[int, int, int], list[int]] = {}
        """By run, node and attempt: how much was sent in this window, and how many lines were dropped."""

    def send(self, line: LogLine) -> None:
        """Send a line, or count it."""
        now = now_ns()
        if now - self._since > WINDOW_NS:
            self._since, past, self.rest = now, self.rest, {}
            for about, (_, dropped) in past.items():
                self._tell(about, dropped)
        counts = self.rest.setdefault((line.run, line.node, line.attempt), [0, 0])
        if counts[0] < MOST:
            counts[0] += 1 + len(line.message) // _KIB
            self._send(line)
        else:
            counts[1] += 1

    def finish(self, attempt: Attempt) -> None:
        """Say how many lines of an attempt were dropped."""
        about = (attempt.run, attempt.node, attempt.number)
        _, dropped = self.rest.pop(about, (0, 0))
        self._tell(about, dropped)

    def _tell(self, about: tuple[int, int, int], dropped: int) -> None:
        if dropped:
            many = f"{dropped:,} lines were dropped: the log takes {MOST:,} (or as many KiB) of an attempt in 5 s"
            self._send(LogLine(*about, level="warn", message=many))
