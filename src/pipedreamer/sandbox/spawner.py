"""Brings up workers: a cell for the policy in use, and in it one process after another."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pipedreamer.errors import SandboxError
from pipedreamer.sandbox.cell import Cell, open_cell
from pipedreamer.sandbox.conduit import Conduit
from pipedreamer.sandbox.connects import Connects, Gateway
from pipedreamer.sandbox.jobs import Listener
from pipedreamer.sandbox.lock.policy import Policy
from pipedreamer.sandbox.process import Process
from pipedreamer.sandbox.protocol import Code, Settings
from pipedreamer.sandbox.telling_worker import TellingWorker
from pipedreamer.sandbox.worker import Owner, Worker
from pipedreamer.sandbox.zygote import Zygotes

CLOSE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what a worker says, and who decides where it may connect to: a gateway for each."""

    listener: Listener
    gateway: Callable[[], Gateway]


class Spawner:
    """`cell` is the one in use; the ones before it end with their last workers."""

    def __init__(self, zygotes: Zygotes, ears: Ears) -> None:
        self._zygotes = zygotes
        self._ears = ears
        self._cells: set[Cell] = set()
        self._opening = asyncio.Lock()
        self.cell: Cell | None = None

    async def open(self, policy: Policy) -> Cell:
        """A new cell, not yet in use. Raises `SandboxError`."""
        cell = await open_cell(self._zygotes.living(), policy)
        self._cells.add(cell)
        return cell

    def use(self, cell: Cell) -> None:
        """Spawn in this one from now on."""
        for earlier in self._cells - {cell}:
            earlier.retire()
        self._cells = {known for known in self._cells if known.alive}
        self.cell = cell

    async def living_cell(self) -> Cell:
        """The cell in use, opened anew where it has died. Raises `SandboxError`."""
        async with self._opening:
            cell = self.cell
            if cell is None:
                raise SandboxError("there is no code yet")
            if not cell.alive:
                self.cell = cell = await self.open(cell.policy)
            return cell

    async def spawn(self, cell: Cell, owner: Owner, began: Callable[[Worker], None]) -> Worker:
        """A locked worker with no code; `began` hears of it at once. Raises `SandboxError`."""
        process = await cell.spawn()
        kind = TellingWorker if cell.policy.program else Worker
        worker = kind(process, self._ears.listener, owner)
        answering = self._answering(process, worker.refused)
        if answering is not None:
            worker.closed.add_done_callback(lambda _: answering.close())
        began(worker)
        return worker

    def _answering(self, process: Process, tell: Callable[[int, str], None]) -> Connects | Conduit | None:
        """Who answers the connects of this process."""
        gateway = self._ears.gateway
        if process.listener is not None:
            return Connects(process.listener, process.handle, gateway(), tell)
        return Conduit(process.conduit, gateway(), tell) if process.conduit else None

    async def close(self) -> None:
        """End all cells."""
        for cell in self._cells:
            cell.close()
        if self._cells:
            await asyncio.wait([cell.ended for cell in self._cells], timeout=CLOSE_SECONDS)


async def load(worker: Worker, code: Code, settings: Callable[[], Settings]) -> None:
    """Hand a worker the workflow; settings that change meanwhile follow. Raises `NodeLoadError`."""
    given = settings()
    await worker.load(code, given)
    if settings() is not given:
        worker.send(settings())
