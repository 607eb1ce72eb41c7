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
        self._words = flight.words
        self._outgoing = flight.outgoing
        self._loop = loop
        self._sent = 0
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
        begin = self._filled
        end = begin + len(frame)
        if end > OUTGOING_SIZE:
            self.flush()
            if len(frame) > OUTGOING_SIZE:
                self._send_large(frame)
                return
            begin, end = 0, len(frame)
        if not begin and not self.gathering:
            self._loop.call_soon(self.flush)
        self.busy = True
        self._filled = end
        self._outgoing[begin:end] = frame
        self._words[END] = self._sent + end
        self.busy = False

    def flush(self) -> None:
        """Hand what is queued to the operating system."""
        if not self._filled:
            return
        self.busy = True
        self._write(self._outgoing[: self._filled])
        self._count(self._filled)
        self._filled = 0
        self.busy = False

    def _send_large(self, frame: bytes) -> None:
        self.busy = True
        self._write(memoryview(frame))
        self._count(len(frame))
        self.busy = False

    def _count(self, sent: int) -> None:
        self._sent += sent
        self._words[BEGIN] = self._words[END] = self._sent

    def _write(self, data: memoryview) -> None:
        while data:
            try:
                data = data[self._connection.send(data) :]
            except BlockingIOError:
                select.select([], [self._connection], [])
