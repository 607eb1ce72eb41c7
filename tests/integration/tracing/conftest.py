"""Runs in real workers whose traces go to a collector on loopback."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.collector import Collector, collecting
from tests.integration.conftest import Bench, StartSession

from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.tracing.opening import tracing
from pipedreamer.runtime.tracing.traces import Traces


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@dataclass
class Traced:
    """A session whose runs are traced; `close` sends what has not been sent, `warnings` are what a person is told."""

    bench: Bench
    traces: Traces
    stack: AsyncExitStack
    warnings: list[str]

    async def close(self) -> None:
        await self.stack.aclose()


@pytest.fixture
async def trace(
    collector: Collector, start_session: StartSession, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    """`await trace(folder, OTEL_TRACES_SAMPLER="always_off", ...)` -> `Traced`."""
    stacks = []

    async def start(folder: Path, *, broker: Any = None, settings: Any = None, **variables: str) -> Traced:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url} | variables
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        stacks.append(AsyncExitStack())
        warnings: list[str] = []
        traces = await stacks[-1].enter_async_context(tracing(environ, "flow", warnings.append))
        assert traces is not None, warnings
        broker = broker or HttpBroker(dict)
        bench = await start_session(folder, broker=broker, settings=settings, traces=traces)
        return Traced(bench, traces, stacks[-1], warnings)

    yield start
    for stack in stacks:
        await stack.aclose()
