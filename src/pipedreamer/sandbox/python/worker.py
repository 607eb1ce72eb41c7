"""A worker's life: lock, load the workflow's code, then answer the engine's frames until it hangs up."""

import asyncio
import importlib
import os
import socket
import sys
import traceback
from _thread import get_ident
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final, NoReturn, cast

from pipedreamer.sandbox.flight import FlightRecorder, now_ns
from pipedreamer.sandbox.framing import Unpacker
from pipedreamer.sandbox.lock.locking import Lock
from pipedreamer.sandbox.protocol import (
    LOCKED,
    Cancel,
    Code,
    FetchData,
    FetchFailed,
    FetchHead,
    LoadFailed,
    Ready,
    Run,
    Settings,
    ToEngine,
    ToWorker,
)
from pipedreamer.sandbox.python.clock import Clock, Interrupter
from pipedreamer.sandbox.python.conduit import Conduit
from pipedreamer.sandbox.python.context import PrintedLines
from pipedreamer.sandbox.python.fetching import Fetcher
from pipedreamer.sandbox.python.invoke import Invoker
from pipedreamer.sandbox.python.lanes import Lanes, OwnThreads
from pipedreamer.sandbox.python.lines import Lines
from pipedreamer.sandbox.python.loader import LoadError, load
from pipedreamer.sandbox.python.loop import NodeLoop
from pipedreamer.sandbox.python.observed import Observer
from pipedreamer.sandbox.python.outbox import Outbox
from pipedreamer.sandbox.python.redirect import Redirect
from pipedreamer.sandbox.python.runner import Runner
from pipedreamer.sandbox.python.watched import NodeTasks

_PRELOADED = (
    "asyncio.selector_events", "base64", "collections", "concurrent.futures.thread", "csv", "dataclasses", "datetime",
    "decimal", "email.message", "encodings.idna", "enum", "functools", "hashlib", "html", "inspect", "itertools",
    "json", "math", "msgspec.inspect", "msgspec.json", "orjson", "pathlib", "random", "re", "statistics", "string",
    "textwrap", "time", "typing", "unicodedata", "urllib.parse", "uuid", "zoneinfo",
)  # fmt: skip

RECEIVED_AT_ONCE: Final = 256 * 1024
"""In bytes."""
TURN_NS: Final = 2_000_000
"""After so long the loop turns, though more runs wait."""
FLUSH_NS: Final = 200_000
"""After so long the engine gets what is done: it answers the first runs of a batch while the others run."""


def preload() -> None:
    """Import what workers will want, once, before any is forked; hide the rest of our own package from nodes."""
    for name in _PRELOADED:
        importlib.import_module(name)
    package = importlib.import_module("pipedreamer")
    package.__path__ = []


def main(lock: Lock, connection: int, flight: int, output: int, conduit: int = -1) -> NoReturn:
    """Be a worker on these descriptors: the engine's socket, the flight page, where stray output goes, the conduit.

    The first thing it says is one byte, with the listener of its system calls where there is one.
    """
    status = 1
    try:
        recorder = FlightRecorder(flight)
        os.dup2(output, 1)
        os.dup2(output, 2)
        engine = socket.socket(fileno=connection)
        listener = lock.close({0, 1, 2, connection, *((conduit,) if conduit >= 0 else ())})
        socket.send_fds(engine, [LOCKED], [listener] if listener else [])
        if listener:
            os.close(listener)
        if conduit >= 0:
            Conduit(socket.socket(fileno=conduit)).install()
        loop = NodeLoop()
        asyncio.set_event_loop(loop)
        Worker(engine, recorder, loop).serve()
        status = 0
    except BaseException:  # noqa: BLE001 - the last word of a dying process
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


class Worker:
    """Takes frames from the engine and hands them on."""

    def __init__(self, connection: socket.socket, flight: FlightRecorder, loop: NodeLoop) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._flight = flight
        self._loop = loop
        self._main = get_ident()
        self._outbox = Outbox(connection, flight, loop)
        self._clock = Clock(flight, self._send, loop)
        self._frames = Unpacker(ToWorker)
        # Once and for all: memory of this size is otherwise asked of the kernel, page by page, at every read.
        self._incoming = memoryview(bytearray(RECEIVED_AT_ONCE))
        self._fetcher = Fetcher(self._send, loop)
        self._settings = Settings(config=b"{}", secrets=b"{}")
        self._runner: Runner | None = None
        self._redirect = Redirect()
        self._waiting: deque[tuple[Run, Settings]] = deque()
        self._open = True

    def serve(self) -> None:
        """Until the engine hangs up. A stray SystemExit from a node's own task does not end the loop."""
        Interrupter(self._clock, lambda: self._outbox.busy).install()
        self._loop.add_reader(self._connection, self._receive)
        while self._open:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                os.write(2, f"a task of a node ended with {type(error).__name__}\n".encode())
        self._redirect.replace({})

    def _receive(self) -> None:
        try:
            size = self._connection.recv_into(self._incoming)
        except BlockingIOError:
            return
        except OSError:  # in a child that a node forked
            os._exit(0)
        if not size:
            self._open = False
            self._loop.stop()
            return
        begin = not self._waiting
        for message in self._frames.feed(self._incoming[:size]):
            self._take(message)
        if begin:
            self._begin()

    def _begin(self) -> None:
        """Begin the runs that wait, in a task."""
        if self._waiting and self._runner is not None:
            self._loop.begin(self._work(self._runner))

    async def _work(self, runner: Runner) -> None:
        """Runs, one after the other, until one has to wait: that goes on here, the others in another task."""
        rest = self._until_one_waits(runner, cast("asyncio.Task[Any]", asyncio.current_task()))
        if rest is not None:
            await rest

    def _until_one_waits(self, runner: Runner, task: asyncio.Task[Any]) -> Coroutine[Any, Any, None] | None:
        """Now and then let the loop turn, and the engine have what is done."""
        now = now_ns()
        late, due = now + TURN_NS, now + FLUSH_NS
        self._flight.beat(now)
        self._outbox.gathering = True
        try:
            while self._waiting:
                rest = runner.start(*self._waiting.popleft(), task)
                if rest is not None or task.cancelling():  # by a node, which is no business of the next one's
                    return rest
                now = now_ns()
                if now > due:
                    self._outbox.flush()
                    due = now + FLUSH_NS
                    if now > late:
                        break
        finally:
            self._outbox.gathering = False
            self._outbox.flush()
            if self._waiting:
                self._loop.call_soon(self._begin)
        return None

    def _take(self, message: ToWorker) -> None:
        match message:
            case Run() if self._runner is not None:
                self._waiting.append((message, self._settings))
            case FetchHead() | FetchData() | FetchFailed():
                self._fetcher.deliver(message)
            case Settings():
                self._settings = message
                self._redirect.replace(message.files)
            case Cancel() if self._runner is not None:
                self._runner.cancel(message.run)
            case Code():
                self._load(message)
            case _:
                raise ValueError(f"{type(message).__name__} before the code")

    def _load(self, code: Code) -> None:
        lines = Lines(self._send)
        out, err = PrintedLines("info", lines.send), PrintedLines("warn", lines.send)
        sys.stdout, sys.stderr = out, err
        os.chdir(code.root)
        # Plain functions in threads share the interpreter: the shorter its turns, the fairer.
        sys.setswitchinterval(0.001)
        observer = Observer(code, self._send) if code.observe else None
        try:
            nodes = load(code)
        except LoadError as error:
            self._send(LoadFailed(error.messages))
            return
        self._loop.set_task_factory(NodeTasks(self._clock))
        lanes = Lanes(self._loop, OwnThreads(self._flight))
        invoker = Invoker(self._flight, self._clock, lanes, self._fetcher, lines.send, (out, err, lines), code.root)
        if observer:
            nodes = observer.around(nodes)
        self._runner = Runner(code, nodes, invoker, self._outbox)
        self._send(Ready())

    def _send(self, message: ToEngine) -> None:
        if get_ident() == self._main:
            self._outbox.send(message)
        else:
            self._loop.call_soon_threadsafe(self._outbox.send, message)
