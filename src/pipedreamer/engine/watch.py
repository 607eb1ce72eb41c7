"""How long a caller is waited for. uvicorn waits for the rest of a request for ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pipedreamer.engine.answer import refusal
from pipedreamer.engine.connection import Connection

SLOW: Final = refusal(408, "the request did not arrive in time; send it faster or send less")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller is waited for, in seconds: for a head, for a body, and for a next request."""

    head: float = 20.0
    body: float = 60.0
    idle: float = 75.0


class Watch:
    """Ends the wait for callers who take too long; `look` is called about once a second."""

    def __init__(self, patience: Patience) -> None:
        self._limits = {"head": patience.head, "body": patience.body, "idle": patience.idle}
        self._since: dict[Connection, tuple[str, object, float]] = {}

    def look(self, connections: Iterable[object], now: float) -> None:
        """End each connection that has owed the same thing for too long; `now` is a monotonic time in seconds."""
        since = {}
        for connection in tuple(connections):
            if not isinstance(connection, Connection) or (what := connection.awaits) is None:
                continue
            known = self._since.get(connection)
            if known is None or known[0] != what or known[1] is not connection.cycle:
                known = (what, connection.cycle, now)
            elif now - known[2] >= self._limits[what]:
                if what == "idle":
                    connection.transport.close()
                else:
                    connection.refuse(SLOW)
                continue
            since[connection] = known
        self._since = since
