"""The worker's outgoing frames: gathered in the flight page, one write a turn of the event loop."""

import asyncio
import os
import select
import socket

from pipedreamer.sandbox.flight import BEGIN, END, OUTGOING_SIZE, FlightRecorder
from pipedreamer.sandbox.framing import pack
from pipedreamer.sandbox.protocol import ToEngine


class Outbox:
    """Belongs to the loop's thread. Writing waits while the engine is behind, so a chatty node slows itself down.

    `busy` is true while the stream is in an inconsistent state: a timeout signal must not raise then. Who sets
    `gathering` flushes by himself.
    """

    def __init__(self, connection: socket.socket, flight: FlightRecorder, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._flight = flight
        self._loop = loop
        self._filled = 0
        self.busy = False
        self.gathering = False
        self._forked = False
        os.register_at_fork(after_in_child=self._leave)

    def _leave(self) -> None:
        """In a child that a node forked: the engine's connection is not its own."""
        self._forked = True
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, self._connection.fileno())
        os.close(nothing)

    def send(self, message: ToEngine) -> None:
        """Queue a message; it outlives a crash of this process from here on."""
        if self._forked:
            os._exit(0)  # a node has returned in a child that it forked
        frame = pack(message)
        size = len(frame)
        filled = self._filled
        if filled + size > OUTGOING_SIZE:
            self.flush()
            filled = 0
            if size > OUTGOING_SIZE:
                self._send_large(frame)
                return
        if not filled and not self.gathering:
            self._loop.call_soon(self.flush)
        self.busy = True
        self._filled = filled + size
        self._flight.outgoing[filled : filled + size] = frame
        self._flight.words[END] += size
        self.busy = False

    def flush(self) -> None:
        """Hand what is queued to the operating system."""
        if not self._filled:
            return
        self.busy = True
        self._write(self._flight.outgoing[: self._filled])
        self._filled = 0
        self._flight.words[BEGIN] = self._flight.words[END]
        self.busy = False

    def _send_large(self, frame: bytes) -> None:
        self.busy = True
        self._write(memoryview(frame))
        words = self._flight.words
        words[END] += len(frame)
        words[BEGIN] = words[END]
        self.busy = False

    def _write(self, data: memoryview) -> None:
        while data:
            try:
                data = data[self._connection.send(data) :]
            except BlockingIOError:
                select.select([], [self._connection], [])
