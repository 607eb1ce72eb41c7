"""A workflow with workers of its own: what `serve`, `dev`, `run` and `test` have in common."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import orjson

from pipedreamer.project import Language
from pipedreamer.runtime.assembly import Assembly
from pipedreamer.runtime.broker import Broker
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.counts import RunCounts
from pipedreamer.runtime.layers import Demand, demanded, layers, together
from pipedreamer.runtime.logs import LogSink, NodeLine
from pipedreamer.runtime.pooled_run import PooledRun
from pipedreamer.runtime.refusals import Refusals
from pipedreamer.runtime.relay import FetchRelay
from pipedreamer.runtime.result import Masking, RunResult, shown
from pipedreamer.runtime.staged_executor import NOTHING, Keeper, Resumed
from pipedreamer.runtime.workforce import Workforce
from pipedreamer.sandbox.connects import ClosedGateway, Gateway
from pipedreamer.sandbox.jobs import Job, Sender
from pipedreamer.sandbox.lock.policy import Held
from pipedreamer.sandbox.protocol import Fetch, FetchMore, FetchStop, LogLine, Observed, Settings
from pipedreamer.sandbox.spawner import Ears
from pipedreamer.sandbox.zygote import Zygote, Zygotes

if TYPE_CHECKING:
    from pipedreamer.runtime.tracing.traces import Traces


class Values(Protocol):
    """Config and secrets, as nodes see them."""

    @property
    def config(self) -> dict[str, Any]: ...
    @property
    def secrets(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session is handed: who fetches and connects, who hides secrets, where log lines go, how much may run.

    `demand` is what happens where the machine leaves a layer of the sandbox open: the session does not start, or
    goes on. `observed` hears what watched code asks for, with its process. With `traces` each run becomes one.
    """

    broker: Broker
    mask: Callable[[], Masking]
    log: LogSink
    capacity: Capacity = field(default_factory=Capacity)
    gateway: Callable[[], Gateway] = ClosedGateway
    demand: Demand = "best-effort"
    observed: Callable[[int, Observed], None] | None = None
    traces: "Traces | None" = None


class Session:
    """Implements `runtime.executor.Executor`. Use it as an async context manager, or `start` and `close` it.

    A `zygote` that was started earlier saves its start-up time.
    """

    def __init__(self, assembly: Assembly, values: Values, around: Surroundings, zygote: Zygote | None = None) -> None:
        self.assembly = assembly
        self._values = values
        self._around = around
        self._zygote = zygote
        self._relay = FetchRelay(around.broker)
        self._listener = _Listener(self, around, self._relay)
        self._force: Workforce | None = None

    async def start(self) -> None:
        """Start the workers. Raises `NodeLoadError` when a node cannot be loaded."""
        around = self._around
        ears = Ears(self._listener, around.gateway)
        force = Workforce(Zygotes(self._zygote), ears, around.capacity, self._listener.tell)
        force.apply(settings_message(self._values))
        try:
            await force.replace(self.assembly)
            for language, held in force.held.items():
                demanded(around.demand, held, self.assembly.parts[language].policy)
        except BaseException:
            await force.close()
            raise
        self._force = force

    def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> asyncio.Future[RunResult]:
        traces = self._around.traces
        if traces is None:
            return self.force.execute(trigger_input, run_id=run_id)
        return traces.follow(run_id, partial(self.force.execute, trigger_input), self._around.mask)

    def execute_kept(
        self, trigger_input: bytes, *, run_id: str, keeper: Keeper, resumed: Resumed = NOTHING
    ) -> asyncio.Future[RunResult]:
        begin = partial(self.force.execute_kept, trigger_input, keeper=keeper, resumed=resumed)
        traces = self._around.traces
        if traces is None:
            return begin(run_id=run_id)
        return traces.follow(run_id, begin, self._around.mask, is_durable=True)

    def cancel(self, run_id: str) -> bool:
        return self.force.cancel(run_id)

    async def reload(self, assembly: Assembly) -> None:
        """Swap the code for runs that begin from now on. Raises `NodeLoadError`, and then the old code stays."""
        await self.force.replace(assembly)
        self.assembly = assembly

    def apply(self, values: Values, files: dict[str, str] | None = None) -> None:
        """New config and secrets for runs that begin from now on; `files` answers reads, in tests."""
        self._values = values
        self.force.apply(settings_message(values, files))

    async def close(self) -> None:
        """End the workers; what still runs is lost."""
        await self._relay.close()
        if self._force is not None:
            await self._force.close()
        self._listener.refusals.flush()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def force(self) -> Workforce:
        """Those who do the work."""
        if self._force is None:
            raise RuntimeError("the session has not been started")
        return self._force

    def layers(self) -> dict[str, str]:
        """What holds a node's code in, and what does not; where languages differ, for each."""
        parts = self.assembly.parts
        told = {language: layers(held, parts[language].policy) for language, held in self.held.items()}
        return together(told)

    @property
    def held(self) -> dict[Language, Held]:
        """The layers as the kernel was found to hold them; nothing before the start."""
        return self._force.held if self._force else {}

    @property
    def counts(self) -> RunCounts:
        return self.force.counts

    @property
    def active(self) -> int:
        """Runs under way and waiting."""
        return self._force.counts.active if self._force else 0

    @property
    def waiting(self) -> int:
        return self._force.waiting if self._force else 0

    @property
    def workers(self) -> int:
        return self._force.workers if self._force else 0

    @property
    def restarts(self) -> int:
        return self._force.restarts if self._force else 0


def settings_message(values: Values, files: dict[str, str] | None = None) -> Settings:
    """Settings as workers get them."""
    return Settings(config=orjson.dumps(values.config), secrets=orjson.dumps(values.secrets), files=files or {})


class _Listener:
    """Implements `sandbox.jobs.Listener`: lines to the log, masked, and fetches to the relay."""

    def __init__(self, session: Session, around: Surroundings, relay: FetchRelay) -> None:
        self._session = session
        self._around = around
        self._relay = relay
        self.refusals = Refusals(lambda node, text: self._write(LogLine(0, -1, 0, "warn", text), node, ""))

    def log(self, job: Job | None, line: LogLine) -> None:
        self._write(line, _name(job, line.node), job.run_id if isinstance(job, PooledRun) else "")

    def _write(self, line: LogLine, node: str, run_id: str) -> None:
        assembly, traces = self._session.assembly, self._around.traces
        self._around.log(
            NodeLine(
                time=time.time(),
                level=line.level,
                node=node,
                message=shown(line.message, self._around.mask()),
                workflow=assembly.name,
                version=assembly.plan.version,
                run_id=run_id,
                attempt=line.attempt,
                trace_id=traces.trace_id(run_id) if traces is not None else "",
            )
        )

    def tell(self, run: PooledRun, node: int, level: Literal["warn", "error"], text: str) -> None:
        """What became of an attempt whose worker could not say it."""
        self.log(run, LogLine(run=0, node=node, attempt=0, level=level, message=text))

    def stray(self, text: str) -> None:
        for line in filter(str.strip, text.splitlines()):
            self.log(None, LogLine(run=-1, node=-1, attempt=0, level="warn", message=line))

    def refused(self, job: Job | None, node: int, attempt: int, text: str) -> None:
        if self.refusals.is_new(_name(job, node), text):
            self.log(job, LogLine(run=0, node=node, attempt=attempt, level="warn", message=text))

    def fetch(self, sender: Sender, job: Job | None, message: Fetch | FetchMore | FetchStop) -> None:
        traces = self._around.traces
        if traces is not None and isinstance(message, Fetch) and isinstance(job, PooledRun):
            message = traces.passed_on(message, job.run_id, _name(job, message.node))
        self._relay.take(sender, message)

    def observed(self, process: int, message: Observed) -> None:
        if self._around.observed is not None:
            self._around.observed(process, message)

    def gone(self, sender: Sender) -> None:
        self._relay.gone(sender)


def _name(job: Job | None, node: int) -> str:
    """The id of the node with this number, "" where there is none: a number is a worker's word."""
    return job.plan.nodes[node].id if isinstance(job, PooledRun) and 0 <= node < len(job.plan.nodes) else ""
