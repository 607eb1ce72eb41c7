"""The engine's end of one worker: frames to and from it, the jobs it has, and who is to blame when it is lost."""

import asyncio
import signal
from contextlib import suppress
from typing import Final, Protocol, cast

import msgspec

from pipedreamer.errors import NodeLoadError
from pipedreamer.sandbox.flight import FlightPage, RunningAttempt, now_ns
from pipedreamer.sandbox.framing import Unpacker, pack
from pipedreamer.sandbox.jobs import Cause, Interruption, Job, Listener
from pipedreamer.sandbox.ledger import Ledger
from pipedreamer.sandbox.pace import FRAME_NS, Pace, Way
from pipedreamer.sandbox.proc import use
from pipedreamer.sandbox.process import Process
from pipedreamer.sandbox.protocol import (
    TEXT_LIMIT,
    Cancel,
    Code,
    Fetch,
    FetchMore,
    FetchStop,
    LoadFailed,
    LogLine,
    Observed,
    Outcome,
    Ready,
    Settings,
    Stuck,
    ToEngine,
    ToWorker,
)
from pipedreamer.sandbox.stray import Stray

LOAD_SECONDS = 60
EXIT_SECONDS = 2
CANCEL_SECONDS = 0.5
"""So long a node has to stop that was told to."""
LAST_WORDS_SECONDS = 0.1
_LONGEST_ERROR: Final = 4 * TEXT_LIMIT
"""In bytes of UTF-8."""
MOST_LAST_LINES: Final = 5_000
"""Of what a worker had not sent when it ended: nothing keeps these back, and all callers wait for them."""
MOST_TOGETHER = 4
"""So many frames are sent at once: a worker begins with the first while the engine reads further requests."""


_decode_raw = msgspec.json.Decoder(msgspec.Raw).decode


class Owner(Protocol):
    """The pool, as a worker sees it."""

    def freed(self, worker: "Worker") -> None:
        """A job has ended."""

    def lost(self, worker: "Worker") -> None:
        """The process is gone and its jobs were told."""


class Worker(asyncio.Protocol):
    """One process. `jobs` has what it was given and has not ended."""

    def __init__(self, process: Process, listener: Listener, owner: Owner) -> None:
        self.jobs: dict[int, Job] = {}
        self.started: dict[int, int] = {}
        self.page: FlightPage | Ledger = process.page
        self.pid = process.pid
        self.code: Code | None = None
        self.retiring = False
        self.signalled_at: int | None = None
        self.ticks_then: dict[int, int] = {}
        self._process = process
        self._spare = process.connection.dup()
        self._listener = listener
        self._owner = owner
        self._frames = Unpacker(ToEngine)
        self._heard = 0
        self._transport: asyncio.Transport | None = None
        self._outgoing: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._loaded: asyncio.Future[None] = self._loop.create_future()
        self._serial = 0
        self._blamed: frozenset[RunningAttempt] = frozenset()
        self._killed = False
        self._abandoning = False
        self._reason = ""
        pace = Pace()
        self._way = Way(pace, self._stop_reading, self._go_on)
        self._stray = Stray(process.output, listener.stray, pace)
        self._last_lines = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._ending: asyncio.Task[None] | None = None
        self.closed: asyncio.Future[None] = self._loop.create_future()

    @property
    def begun(self) -> int:
        """How many jobs it has been given so far."""
        return self._serial

    async def load(self, code: Code, settings: Settings) -> None:
        """Hand it the workflow. Raises `NodeLoadError` with one line a node that cannot be loaded."""
        self.code = code
        loop = self._loop
        self._process.ended.add_done_callback(lambda _: loop.call_later(LAST_WORDS_SECONDS, self._hang_up))
        self._stray.begin()
        await loop.create_connection(lambda: self, sock=self._process.connection)
        self.send(settings)
        self.send(code)
        try:
            await asyncio.wait_for(asyncio.shield(self._loaded), LOAD_SECONDS)
        except TimeoutError:
            self.kill(frozenset(), f"the nodes were not loaded within {LOAD_SECONDS} s")
            raise NodeLoadError(
                f"the nodes were not loaded within {LOAD_SECONDS} s: what do their modules do on import?"
            ) from None
        except NodeLoadError:
            self.retire()
            raise
        except asyncio.CancelledError:
            self.kill(frozenset(), "is not needed any more")
            if self._transport is None:
                self.connection_lost(None)
            raise

    def start(self, job: Job) -> None:
        """Give it a job."""
        self._serial += 1
        try:
            frame = pack(job.request(self._serial))
        except ValueError as error:
            job.abandoned(str(error))
            return
        self.jobs[self._serial] = job
        self.started[self._serial] = now_ns()
        self._write(frame)

    def cancel(self, job: Job) -> None:
        """Have a job's nodes stop, if it has it."""
        for serial in [serial for serial, known in self.jobs.items() if known is job]:
            self.send(Cancel(serial))
            self._loop.call_later(CANCEL_SECONDS, self._insist, serial)

    def _insist(self, serial: int) -> None:
        if serial in self.jobs:
            mine = frozenset(attempt for attempt in self.page.running() if attempt.run == serial)
            self.kill(mine, "did not stop when its run was cancelled")

    def send(self, message: ToWorker) -> None:
        self._write(pack(message))

    def refused(self, thread: int, text: str) -> None:
        """A connection was refused to this thread, or with 0 to one that is not known."""
        attempt = None
        if not self.closed.done():
            attempt = self.page.current() if thread in (0, self.pid) else self.page.in_thread(thread)
        job = self.jobs.get(attempt.run) if attempt else None
        if attempt and job:
            self._listener.refused(job, attempt.node, attempt.attempt, text)
        else:
            self._listener.refused(None, -1, 0, text)

    def settle(self) -> None:
        """It has had no job for a while."""

    async def drained(self) -> None:
        await self._has_room.wait()

    def retire(self) -> None:
        """Hang up when its jobs have ended."""
        self.retiring = True
        if not self.jobs and self._transport is not None:
            self._flush()
            self._transport.close()

    def processor_time(self, attempts: frozenset[RunningAttempt]) -> dict[int, int]:
        """The clock ticks that the threads of these attempts have had so far, by thread."""
        return {attempt.thread: use(self.pid, attempt.thread).ticks for attempt in attempts if attempt.thread}

    def interrupt(self) -> None:
        """Have the node that holds its loop raise, if that node is over its time."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process.handle, signal.SIGUSR1)

    def kill(self, guilty: frozenset[RunningAttempt], reason: str = "") -> None:
        """End the process because of `guilty`: they did not end at their timeout, or did what `reason` says.

        Where it is not known who is guilty, whoever could be is tried again alone.
        """
        if not self._killed:
            self._killed, self._blamed, self._reason = True, guilty, reason
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process.handle, signal.SIGKILL)
            # There are kernels, and states of a process, in which it does not end all the same.
            asyncio.get_running_loop().call_later(EXIT_SECONDS, self._hang_up)

    def abandon(self) -> None:
        """End the process, and its jobs with it."""
        self._abandoning = True
        self.kill(frozenset(), "was ended with the engine")

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard = now_ns()
        try:
            for message in self._frames.feed(data):
                if type(message) is Outcome:
                    self._outcome(message)
                    continue
                self._take(message)
                if self._way.is_stopped:
                    break
        except ValueError as error:
            self.kill(frozenset(), f"broke the protocol: {error}")

    def pause_writing(self) -> None:
        self._has_room.clear()

    def resume_writing(self) -> None:
        self._has_room.set()

    def amid_a_frame_ns(self, now: int) -> int:
        """For how long the rest of a frame that has begun has not come; 0 where none has begun."""
        return now - self._heard if self._frames.is_amid and not self._way.is_stopped else 0

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._way.open()
        self._ending = self._loop.create_task(self._end())

    def _take(self, message: ToEngine) -> None:
        if isinstance(message, Outcome):
            self._outcome(message)
        else:
            began = now_ns()
            self._hear(message)
            self._way.spend(now_ns() - began + FRAME_NS)

    def _hear(self, message: ToEngine) -> None:
        """What is no outcome: nobody waits for it, so that it has to wait for the others."""
        if isinstance(message, LogLine):
            self._line(message)
        elif isinstance(message, Fetch | FetchMore | FetchStop):
            job = self.jobs.get(message.run) if isinstance(message, Fetch) else None
            self._listener.fetch(self, job, message)
        elif isinstance(message, Observed):
            self._listener.observed(self.pid, message)
        elif isinstance(message, Stuck):
            stuck = {a for a in self.page.running() if (a.run, a.node) == (message.run, message.node)}
            self.kill(frozenset(stuck))
        elif not self._loaded.done():
            if isinstance(message, LoadFailed):
                self._loaded.set_exception(NodeLoadError("\n".join(text[:TEXT_LIMIT] for text in message.messages)))
            elif isinstance(message, Ready):
                self._loaded.set_result(None)

    def _line(self, line: LogLine) -> None:
        if len(line.message) > TEXT_LIMIT:
            raise ValueError(f"a line of {len(line.message):,} characters")
        self._last_lines += self._ending is not None
        if self._last_lines <= MOST_LAST_LINES:
            self._listener.log(self.jobs.get(line.run), line)

    def _stop_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def _go_on(self) -> None:
        self.data_received(b"")
        if self._transport is not None and not self._transport.is_closing() and not self._way.is_stopped:
            self._transport.resume_reading()

    def _outcome(self, outcome: Outcome) -> None:
        job = self.jobs.get(outcome.run)
        if job is None:
            self._way.spend(FRAME_NS)
            return
        if outcome.state == "ok" and not _is_json(outcome.value):
            # Whoever spoilt the process, it need not be the node whose answer it was.
            self.kill(frozenset(), "answered with what is no JSON")
            return
        if len(outcome.value) > _LONGEST_ERROR and outcome.state != "ok":
            raise ValueError(f"an error of {len(outcome.value):,} bytes")
        if outcome.last:
            del self.jobs[outcome.run], self.started[outcome.run]
            job.outcome(outcome)
            self._owner.freed(self)
            if self.retiring:
                self.retire()
        else:
            job.outcome(outcome)

    async def _end(self) -> None:
        """The connection is gone: take what was left unsent, learn how the process ended, tell the jobs."""
        self._last_words()
        with suppress(ValueError):
            for message in self._frames.feed(self.page.unsent(self._frames.received)):
                self._take(message)
        code = await self._exit_code()
        self._stray.end()
        if self._last_lines > MOST_LAST_LINES:
            more = self._last_lines - MOST_LAST_LINES
            self._listener.stray(f"{more:,} more lines of a worker that has ended were dropped\n")
        reason = self._reason or _in_words(code)
        interruptions = self._interruptions(reason)
        if not self._loaded.done():
            self._loaded.set_exception(NodeLoadError(f"the worker process {reason} while it loaded the nodes"))
        self._loaded.exception()
        self._process.close()
        self._listener.gone(self)
        jobs, self.jobs, self.started = self.jobs, {}, {}
        self.closed.set_result(None)
        self._owner.lost(self)
        for serial, job in jobs.items():
            if self._abandoning:
                job.abandoned("the engine has ended")
            else:
                job.interrupted(interruptions[serial])

    def _hang_up(self) -> None:
        """The process has ended; a child that a node left behind may still hold its end of the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _last_words(self) -> None:
        """What the transport had not read when it closed: a failed write or an abort closes it at once."""
        with self._spare, suppress(OSError):
            while data := self._spare.recv(1 << 18):
                self.data_received(data)

    def _write(self, frame: bytes) -> None:
        """Send a frame together with others of this turn of the loop."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(frame)
        if len(self._outgoing) >= MOST_TOGETHER:
            self._flush()

    def _flush(self) -> None:
        frames = b"".join(self._outgoing)
        self._outgoing.clear()
        if frames and self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames)

    async def _exit_code(self) -> int:
        try:
            return await asyncio.wait_for(asyncio.shield(self._process.ended), EXIT_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process.handle, signal.SIGKILL)
            with suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(self._process.ended), EXIT_SECONDS)
            return -signal.SIGKILL

    def _interruptions(self, reason: str) -> dict[int, Interruption]:
        running = self.page.running()
        overdue = self._overdue(running)
        guilty = self._guilty(running) | overdue
        at_timeout = self._killed and not self._reason
        found = {}
        for serial in self.jobs:
            mine = {a.node: a.attempt for a in running if a.run == serial}
            to_blame = frozenset(a.node for a in guilty if a.run == serial)
            late = any(a.run == serial for a in overdue)
            cause: Cause = "neighbour"
            if to_blame:
                cause = "timeout" if at_timeout or late else "died"
            elif mine and not guilty:
                cause = "unknown"
            deadlines = {a.node: a.deadline for a in running if a.run == serial}
            found[serial] = Interruption(cause, reason, mine, deadlines, to_blame)
        return found

    def _overdue(self, running: list[RunningAttempt]) -> frozenset[RunningAttempt]:
        """Those whose time was over when the loop last turned: nobody kept them from ending."""
        now = now_ns()
        turned = now - self.page.silent_ns(now)
        return frozenset(attempt for attempt in running if attempt.deadline < turned)

    def _guilty(self, running: list[RunningAttempt]) -> frozenset[RunningAttempt]:
        """Who took the process along: those it was killed for, else the only one that had a processor."""
        if self._killed:
            return self._blamed or (frozenset(running) if len(self.jobs) == 1 else frozenset())
        on_processor = {attempt for attempt in running if attempt.thread}
        if current := self.page.current():
            on_processor.add(current)
        suspects = on_processor or set(running)
        return frozenset(suspects) if len(suspects) == 1 else frozenset()


_OUT_OF_MEMORY: Final = ("SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS")
"""How processes end when memory runs out: the kernel's way, and that of libraries in C that do not look."""


def _in_words(code: int) -> str:
    if code >= 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", perhaps because memory ran out" if name in _OUT_OF_MEMORY else ""
    return f"was killed by {name}{hint}"


def _is_json(text: bytes) -> bool:
    """What a worker calls JSON goes into the engine's answer as it is, so it is looked at."""
    try:
        _decode_raw(text)
        return text.isascii() or bool(text.decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
