"""The engine's clock: ends what a worker's own clock cannot, because its event loop stands still or it lies."""

from collections.abc import Iterable

from pipedreamer.sandbox.cell import Cell
from pipedreamer.sandbox.flight import RunningAttempt, now_ns
from pipedreamer.sandbox.lock.limits import THREADS
from pipedreamer.sandbox.proc import resident, use
from pipedreamer.sandbox.worker import Worker

PERIOD_S = 0.025
SILENT_NS = 80_000_000
GRACE_NS = 100_000_000
DEAF_NS = 5_000_000_000
HALF_NS = 1_000_000_000
"""A worker whose loop turns, or that has nothing to do, sends the rest of a frame at once."""
MEBIBYTE = 1024 * 1024
BESIDE = 64 * MEBIBYTE
"""Memory that a Python worker has beyond what its nodes take: the interpreter, libraries, what others share."""


def look_after(worker: Worker) -> None:
    """Interrupt, then kill, a worker whose loop is held by a node past its deadline; call it every `PERIOD_S`."""
    now = now_ns()
    overlong = [serial for serial, begun in worker.started.items() if now - begun > worker.jobs[serial].longest_ns]
    if overlong:
        attempts = [attempt for attempt in worker.page.running() if attempt.run in overlong]
        worker.kill(frozenset(attempts), "did not end its run in the longest time that its timeouts and retries allow")
        return
    is_turning = worker.page.silent_ns(now) < SILENT_NS
    if worker.amid_a_frame_ns(now) > HALF_NS and (is_turning or not worker.page.running()):
        worker.kill(frozenset(), "broke the protocol: a frame had no end")
        return
    if is_turning:
        worker.signalled_at = None
        return
    running = worker.page.running()
    if not running and now - min(worker.started.values()) > DEAF_NS and worker.page.silent_ns(now) > DEAF_NS:
        worker.kill(frozenset(), "did not answer any more")
        return
    overdue = frozenset(attempt for attempt in running if now > attempt.deadline)
    if not overdue:
        worker.signalled_at = None
    elif worker.signalled_at is None:
        worker.signalled_at = now
        worker.ticks_then = worker.processor_time(overdue)
        worker.interrupt()
    elif now - worker.signalled_at < GRACE_NS:
        worker.interrupt()
    else:
        worker.kill(_holding(worker, overdue))


def weigh(workers: Iterable[Worker], cell: Cell) -> None:
    """Kill workers that have more memory, threads or disk than they may, where the kernel lets them."""
    memory, program = cell.policy.memory, cell.policy.program
    most = memory + (program.resident if program else BESIDE)
    for worker in workers:
        held = resident(worker.pid)
        if held > most:
            allowed = f"{memory // MEBIBYTE} MiB that permissions.memory allows"
            worker.kill(frozenset(), f"held {held // MEBIBYTE} MiB, more than the {allowed}")
        if (threads := use(worker.pid).threads) > THREADS:
            worker.kill(frozenset(), f"had {threads} threads, more than {THREADS}")
    if cell.scratch is not None and cell.scratch.is_full(worker.pid for worker in workers):
        for worker in workers:
            worker.kill(frozenset(), f"filled the scratch folder beyond {cell.policy.scratch_size // MEBIBYTE} MiB")
        cell.scratch.clear()


def _holding(worker: Worker, overdue: frozenset[RunningAttempt]) -> frozenset[RunningAttempt]:
    """Which of them keeps the loop from turning: the one in the loop, else the threads that had the processor.

    None where that cannot be told, as of a process that was stopped.
    """
    current = worker.page.current()
    if current is not None and current in overdue:
        return frozenset({current})
    now = worker.processor_time(overdue)
    used = {thread: ticks - worker.ticks_then.get(thread, ticks) for thread, ticks in now.items()}
    most = max(used.values(), default=0)
    return frozenset(attempt for attempt in overdue if most and used.get(attempt.thread, 0) * 2 > most)
