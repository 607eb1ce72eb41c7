"""Threads for plain functions, so that a node that is not async never holds up the event loop."""

import asyncio
import contextvars
import ctypes
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipedreamer.sandbox.flight import OWN_THREADS, FlightRecorder, now_ns


class NodeStoppedError(BaseException):
    """Raised inside a node that must end: its time is over, or its run was cancelled."""


class OwnThreads:
    """Counts in the flight page the threads that stay on purpose: the engine takes others for left behind."""

    def __init__(self, flight: FlightRecorder) -> None:
        self._words = flight.words
        self._turn = threading.Lock()

    def begin(self) -> None:
        """Called by a thread that is one of them."""
        with self._turn:
            self._words[OWN_THREADS] += 1

    def end(self) -> None:
        with self._turn:
            self._words[OWN_THREADS] -= 1


class Lane:
    """One thread. Runs a function at a time; one that had to be interrupted is not used again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, own: OwnThreads) -> None:
        self._loop = loop
        self._own = own
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="node", daemon=True)
        self._thread.start()
        self.spent = False
        self.begun_ns = 0
        self.finished = False

    @property
    def thread(self) -> int:
        """The kernel's number of the thread."""
        return self._thread.native_id or 0

    def call(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """A future of what the function returns or raises."""
        future: asyncio.Future[Any] = self._loop.create_future()
        context = contextvars.copy_context()
        self.begun_ns, self.finished = 0, False

        def job() -> None:
            self.begun_ns = now_ns()
            try:
                value = context.run(function, *arguments)
                self.finished = True
            except BaseException as error:  # noqa: BLE001 - whatever a node raises is its answer
                self.finished = True
                self._loop.call_soon_threadsafe(_settle, future, None, error)
            else:
                self._loop.call_soon_threadsafe(_settle, future, value, None)

        self._jobs.put(job)
        return future

    def interrupt(self) -> None:
        """Raise `NodeStoppedError` in the function at its next step of Python; a C call goes on until it returns."""
        self.spent = True
        if self._thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(NodeStoppedError)
            )

    def retire(self) -> None:
        """End the thread when it is free."""
        self._jobs.put(None)

    def _serve(self) -> None:
        self._own.begin()
        try:
            self._work()
        finally:
            self._own.end()

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get()
                if job is None:
                    return
                job()
                del job
            except NodeStoppedError:
                return  # it arrived after the function had ended


class Lanes:
    """As many threads as there are plain functions running; a few stay for the next ones.

    Those of `asyncio.to_thread` stay too.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, own: OwnThreads, keep: int = 16) -> None:
        self._loop = loop
        self._own = own
        self._keep = keep
        self._free: list[Lane] = []
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio", initializer=own.begin))

    def take(self) -> Lane:
        return self._free.pop() if self._free else Lane(self._loop, self._own)

    def give_back(self, lane: Lane) -> None:
        if lane.spent or len(self._free) >= self._keep:
            lane.retire()
        else:
            self._free.append(lane)


def _settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    elif isinstance(error, StopIteration):
        future.set_exception(RuntimeError("the node raised StopIteration"))
    else:
        future.set_exception(error)
