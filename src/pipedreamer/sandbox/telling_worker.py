"""The engine's end of a worker that has no flight page and tells what it does, as one in another language does."""

from pipedreamer.sandbox.jobs import Job, Listener
from pipedreamer.sandbox.ledger import Ledger
from pipedreamer.sandbox.process import Process
from pipedreamer.sandbox.protocol import Beat, Begun, Idle, Outcome, ToEngine
from pipedreamer.sandbox.worker import Owner, Worker


class TellingWorker(Worker):
    """A `Worker` with a ledger for a page. What holds its loop too long cannot be interrupted, and is killed."""

    def __init__(self, process: Process, listener: Listener, owner: Owner) -> None:
        super().__init__(process, listener, owner)
        self._is_settled = True
        self.page = self._ledger = Ledger(process.sheet, lambda run: run in self.jobs)

    def start(self, job: Job) -> None:
        self._is_settled = False
        super().start(job)

    def settle(self) -> None:
        """Nothing was begun for a while."""
        if not self._is_settled:
            self._is_settled = True
            self.send(Idle())

    def interrupt(self) -> None:
        """Nothing: a signal would end the process, and soon will."""

    def data_received(self, data: bytes) -> None:
        self._ledger.heard()
        super().data_received(data)

    def _take(self, message: ToEngine) -> None:
        if isinstance(message, Begun):
            self._ledger.begun(message)
        elif not isinstance(message, Beat):
            super()._take(message)

    def _outcome(self, outcome: Outcome) -> None:
        self._ledger.ended(outcome)
        super()._outcome(outcome)
