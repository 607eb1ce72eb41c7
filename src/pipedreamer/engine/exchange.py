"""A `POST /run` answered beside ASGI: no task, no events and one write, where ASGI is half of a small run's cost."""

from collections.abc import Callable, Mapping

from pipedreamer.engine.answer import Answer

Reply = Callable[["Exchange", Answer, bool], None]


class Exchange:
    """One request with a small body and its answer.

    It stands where uvicorn keeps the request that a connection is about, so that what follows waits for it; most
    attributes are those of uvicorn's cycle. `reply` belongs to the connection.
    """

    __slots__ = ("_reply", "body", "headers", "keep_alive", "more_body", "response_complete", "response_started")

    def __init__(self, reply: Reply, headers: Mapping[bytes, bytes], keep_alive: bool) -> None:
        self._reply = reply
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = b""
        self.more_body = True
        self.response_started = self.response_complete = False

    def reply(self, answer: Answer, last: bool = False) -> None:
        """Send `answer`, unless there is one already or the caller has gone; `last` closes the connection after it."""
        if not self.response_complete:
            self.response_started = self.response_complete = True
            self._reply(self, answer, last)
