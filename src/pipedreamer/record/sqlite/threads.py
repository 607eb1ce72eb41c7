"""Threads with a connection each, which take turns at what the event loop asks for."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Given = ParamSpec("Given")
T = TypeVar("T")


class _Job(Generic[T]):
    """One call, and the future that waits for it."""

    __slots__ = ("_call", "_future", "_loop")

    def __init__(self, call: Callable[[sqlite3.Connection], T], loop: asyncio.AbstractEventLoop) -> None:
        self._call = call
        self._loop = loop
        self._future: asyncio.Future[T] = loop.create_future()

    @property
    def future(self) -> asyncio.Future[T]:
        return self._future

    def do(self, connection: sqlite3.Connection) -> None:
        try:
            result = self._call(connection)
        except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
            self._tell(self._fail, error)
        else:
            self._tell(self._succeed, result)

    def _tell(self, settle: Callable[[Any], None], what: Any) -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            self._loop.call_soon_threadsafe(settle, what)

    def _fail(self, error: BaseException) -> None:
        if not self._future.done():
            self._future.set_exception(error)

    def _succeed(self, result: T) -> None:
        if not self._future.done():
            self._future.set_result(result)


class Threads:
    """Does what it is given in the order it came; with one connection, one thing at a time."""

    def __init__(self, name: str, connections: list[sqlite3.Connection]) -> None:
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._threads = [
            Thread(target=self._work, args=(connection,), name=f"{name}-{number}", daemon=True)
            for number, connection in enumerate(connections)
        ]
        for thread in self._threads:
            thread.start()

    def call(
        self, function: Callable[Concatenate[sqlite3.Connection, Given], T], *args: Given.args, **kwargs: Given.kwargs
    ) -> asyncio.Future[T]:
        """Have it called with a connection; what it raises, the future raises."""
        job = _Job(lambda connection: function(connection, *args, **kwargs), asyncio.get_running_loop())
        self._jobs.put(job)
        return job.future

    def end(self) -> None:
        """Do what was given so far, and close the connections; blocks until then."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, connection: sqlite3.Connection) -> None:
        while (job := self._jobs.get()) is not None:
            job.do(connection)
            del job
        connection.close()
