"""The engine's clock: ends what a worker's own clock cannot, because its event loop stands still or it lies."""

from pipedreamer.sandbox.flight import now_ns
from pipedreamer.sandbox.worker import Worker

PERIOD_S = 0.025
SILENT_NS = 80_000_000
GRACE_NS = 100_000_000


def look_after(worker: Worker) -> None:
    """Interrupt, then kill, a worker whose loop is held by a node past its deadline; call it every `PERIOD_S`."""
    now = now_ns()
    overlong = [serial for serial, begun in worker.started.items() if now - begun > worker.jobs[serial].longest_ns]
    if overlong:
        attempts = [attempt for attempt in worker.page.running() if attempt.run in overlong]
        worker.kill(frozenset(attempts), "did not end its run in the longest time that its timeouts and retries allow")
        return
    if worker.page.silent_ns(now) < SILENT_NS:
        worker.signalled_at = None
        return
    overdue = frozenset(attempt for attempt in worker.page.running() if now > attempt.deadline)
    if not overdue:
        worker.signalled_at = None
    elif worker.signalled_at is None or now - worker.signalled_at < GRACE_NS:
        worker.signalled_at = worker.signalled_at or now
        worker.interrupt()
    else:
        current = worker.page.current()
        guilty = frozenset({current}) if current is not None and current in overdue else worker.holders(overdue)
        worker.kill(guilty)
