"""The flight page: a small shared memory that tells the engine what a worker was doing, even after it has died.

The worker writes, the engine reads. It holds which attempts are running and until when, which of them is on the
processor, when the event loop last turned, and the outgoing bytes of the current turn, so that an outcome reached
before a crash is not lost with the process. The engine believes nothing in it blindly: it is a worker's word.

Layout, in 64-bit words: 0 heartbeat, 1 and 2 the stream offsets at which the outgoing bytes begin and end, from 3 on
the attempt on the processor (since, deadline, node, attempt, run + 1), 8 how many threads are the worker's own; from
word 9 on slots for those that wait or run in threads (run + 1, node, thread and attempt, deadline); then the bytes.
"""

import fcntl
import mmap
import os
import struct
import time
from dataclasses import dataclass
from typing import Final

SLOTS: Final = 512
HEADER_WORDS: Final = 9
SLOT_WORDS: Final = 4
OUTGOING_AT: Final = (HEADER_WORDS + SLOTS * SLOT_WORDS) * 8
OUTGOING_SIZE: Final = 256 * 1024
PAGE_SIZE: Final = OUTGOING_AT + OUTGOING_SIZE

HEARTBEAT, BEGIN, END, SINCE, DEADLINE, NODE, ATTEMPT, HOLDER, OWN_THREADS = range(HEADER_WORDS)

_hold = struct.Struct(f"@{HOLDER - SINCE + 1}Q").pack_into


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt that had begun and not ended; `deadline` in monotonic nanoseconds.

    `thread` is the kernel's number of the thread it runs in, 0 for the event loop's.
    """

    run: int
    node: int
    attempt: int
    deadline: int
    thread: int


class FlightRecorder:
    """The worker's side: plain stores into the page, no system calls."""

    def __init__(self, descriptor: int) -> None:
        self._page = page = memoryview(mmap.mmap(descriptor, PAGE_SIZE))
        self.words = page[:OUTGOING_AT].cast("Q")
        self.outgoing = page[OUTGOING_AT:]
        self._free = list(range(SLOTS - 1, -1, -1))

    def hold(self, run: int, node: int, attempt: int, deadline: int, now: int) -> None:
        """Note the attempt that has the loop from now on."""
        _hold(self._page, SINCE * 8, now, deadline, node, attempt, run + 1)

    def let_go(self) -> None:
        """Note that no attempt has the loop."""
        self.words[HOLDER] = 0

    def begin(self, run: int, node: int, attempt: int, deadline: int) -> int:
        """Note an attempt that others may pass; the slot it got, or -1 when all are taken."""
        if not self._free:
            return -1
        slot = self._free.pop()
        at = HEADER_WORDS + slot * SLOT_WORDS
        words = self.words
        words[at + 1], words[at + 2], words[at + 3] = node, attempt, deadline
        words[at] = run + 1
        return slot

    def extend(self, slot: int, deadline: int) -> None:
        if slot >= 0:
            self.words[HEADER_WORDS + slot * SLOT_WORDS + 3] = deadline

    def enter_thread(self, slot: int, thread: int) -> None:
        """Note that an attempt's code runs in a thread, beside the loop."""
        if slot >= 0:
            self.words[HEADER_WORDS + slot * SLOT_WORDS + 2] |= thread << 32

    def end(self, slot: int) -> None:
        if slot >= 0:
            self.words[HEADER_WORDS + slot * SLOT_WORDS] = 0
            self._free.append(slot)

    def beat(self, now: int) -> None:
        self.words[HEARTBEAT] = now


class FlightPage:
    """The engine's side. `descriptor` is handed to the worker and then closed by `release`."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("flight", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, PAGE_SIZE)
        # A page that the worker could shrink would kill the engine with SIGBUS.
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        self._map = mmap.mmap(self.descriptor, PAGE_SIZE, prot=mmap.PROT_READ)
        self._words = memoryview(self._map)[:OUTGOING_AT].cast("Q")

    def release(self) -> None:
        """Close the descriptor once the worker has it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def close(self) -> None:
        self.release()
        self._words.release()
        self._map.close()

    def silent_ns(self, now: int) -> int:
        """How long the worker's loop has not turned."""
        return now - self._words[HEARTBEAT]

    def busy_ns(self, now: int) -> int:
        """How long the node on the processor has held it; 0 when none does."""
        return now - self._words[SINCE] if self._words[HOLDER] else 0

    def own_threads(self) -> int:
        """How many threads the worker keeps on purpose."""
        return self._words[OWN_THREADS]

    def current(self) -> RunningAttempt | None:
        """The attempt that is on the processor in the worker's loop."""
        return self._on_processor(self._waiting())

    def _on_processor(self, waiting: list[RunningAttempt]) -> RunningAttempt | None:
        deadline, node, number, run = self._words[DEADLINE : HOLDER + 1]
        if not run:
            return None
        same = (one for one in waiting if (one.run, one.node, one.attempt) == (run - 1, node, number))
        return next(same, RunningAttempt(run - 1, node, number, deadline, 0))

    def running(self) -> list[RunningAttempt]:
        """Every attempt that has begun and not ended."""
        waiting = self._waiting()
        current = self._on_processor(waiting)
        return [current, *waiting] if current and current not in waiting else waiting

    def in_thread(self, thread: int) -> RunningAttempt | None:
        """The attempt of a plain function that runs in this thread."""
        threads = self._words[HEADER_WORDS + 2 :: SLOT_WORDS].tolist()
        found = (self._slot(slot) for slot, word in enumerate(threads) if word >> 32 == thread)
        return next(filter(None, found), None)

    def unsent(self, received: int) -> bytes:
        """The outgoing bytes that had not reached the socket, given how many bytes were received from it."""
        begin, end = self._words[BEGIN], self._words[END]
        if not begin <= received <= end <= begin + OUTGOING_SIZE:
            return b""
        return self._map[OUTGOING_AT + received - begin : OUTGOING_AT + end - begin]

    def _waiting(self) -> list[RunningAttempt]:
        return [attempt for slot in range(SLOTS) if (attempt := self._slot(slot))]

    def _slot(self, slot: int) -> RunningAttempt | None:
        at = HEADER_WORDS + slot * SLOT_WORDS
        run, node, attempt, deadline = self._words[at : at + SLOT_WORDS]
        return RunningAttempt(run - 1, node, attempt & 0xFFFFFFFF, deadline, attempt >> 32) if run else None


now_ns = time.monotonic_ns
"""CLOCK_MONOTONIC, which engine and workers share."""
