"""An engine's right to carry out durable runs, which ends by itself where it cannot be renewed."""

import asyncio
from collections.abc import Callable
from typing import Final

from pipedreamer.errors import LeaseLostError, RecordError
from pipedreamer.record import Epoch, Store

LEASE_S: Final = 10.0
RENEWAL_S: Final = 3.0
NOT_OURS: Final = "the run is not this engine's any more"
_USABLE: Final = 0.75
"""This part of the lease; in what is left of it the nodes are stopped, before another engine may begin."""


class Lease:
    """Counted from before the record was asked, by this machine's clock. `when_lost` is called when it has ended."""

    def __init__(self, store: Store, workflow: str, engine: str, seconds: float = LEASE_S) -> None:
        self._store = store
        self._workflow = workflow
        self._engine = engine
        self._seconds = seconds
        self._epoch: Epoch | None = None
        self._end: asyncio.TimerHandle | None = None
        self.when_lost: Callable[[], None] = lambda: None
        self.is_held = False
        self.trouble = ""
        """What the last renewal met, "" where it was done."""

    @property
    def epoch(self) -> Epoch:
        if self._epoch is None:
            raise RecordError("the record has not been opened")
        return self._epoch

    @property
    def period(self) -> float:
        """How often it is to be renewed, in seconds."""
        return min(RENEWAL_S, self._seconds / 3)

    async def join(self) -> None:
        """Have it, anew where it was lost. Raises `RecordError`."""
        began = asyncio.get_running_loop().time()
        self._epoch = await self._store.join(self._workflow, self._engine, self._seconds)
        self._hold(began)

    async def renew(self, code: str) -> tuple[str, ...]:
        """The ids of the durable runs that are this engine's, which has the code of this digest.

        Raises `LeaseLostError` where another engine has taken them over, and `RecordError`.
        """
        try:
            owned = await self._renewed(code)
        except RecordError as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return owned

    async def _renewed(self, code: str) -> tuple[str, ...]:
        if not self.is_held:
            await self.join()
        began = asyncio.get_running_loop().time()
        try:
            owned = await self._store.renew(self.epoch, code)
        except LeaseLostError:
            self._lose()
            raise
        self._hold(began)
        return owned

    async def leave(self) -> None:
        """Others may have at once what is unfinished."""
        if self._end is not None:
            self._end.cancel()
        self.is_held = False
        await self._store.leave(self.epoch)

    def _hold(self, began: float) -> None:
        self.is_held = True
        if self._end is not None:
            self._end.cancel()
        if self.epoch.lapses:
            self._end = asyncio.get_running_loop().call_at(began + self._seconds * _USABLE, self._lose)

    def _lose(self) -> None:
        if self.is_held:
            self.is_held = False
            self.when_lost()
