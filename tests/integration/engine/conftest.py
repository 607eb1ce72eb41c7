"""The real application on a real server, with an executor that keeps its runs in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest

from pipedreamer.engine.access.gate import Gate
from pipedreamer.engine.app import App
from pipedreamer.engine.binding import bind
from pipedreamer.engine.server import serve
from pipedreamer.engine.service import Limits, Service, Stats
from pipedreamer.engine.watch import Patience
from pipedreamer.runtime.mask import Mask
from pipedreamer.runtime.result import RunResult, Timing


@dataclass
class Twin:
    """An executor whose one node `echo` returns its input, or does what a test tells it to."""

    inputs: list[bytes] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    gate: asyncio.Event | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def execute(self, trigger_input: bytes, *, run_id: str | None = None) -> RunResult:
        self.inputs.append(trigger_input)
        self.started.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        self.ended.set()
        timing = Timing(1_000, 1_030, 30)
        outputs = {} if self.errors else {"echo": trigger_input}
        return RunResult(run_id or f"run-{len(self.inputs)}", "1.0", outputs, self.errors, timing, {"echo": timing})


@dataclass
class Engine:
    """A server under test, and how to speak to it."""

    app: App
    port: int
    twin: Twin
    service: Service
    client: httpx.AsyncClient

    async def raw(self, request: bytes) -> bytes:
        """Everything that comes back until the server closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            return await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()

    async def ask(self, head: str, body: bytes = b"") -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of a request that is sent as written, with `Connection: close`."""
        text = head.replace("\n", "\r\n") + f"\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        return parsed(await self.raw(text.encode("latin-1") + body))


def parsed(answer: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers (names in lower case) and JSON of a raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    return int(lines[0].split()[1]), headers, orjson.loads(body) if body else None


StartEngine = Callable[..., Any]


@pytest.fixture
async def start_engine() -> AsyncIterator[StartEngine]:
    """`await start_engine(input_schema=..., limits=..., ...)` -> a running `Engine`, stopped after the test."""
    async with AsyncExitStack() as stack:

        async def start(
            patience: Patience | None = None,
            secrets: dict[str, Any] | None = None,
            twin: Twin | None = None,
            access_log: bool = False,
            gate: Gate | None = None,
            **fields: Any,
        ) -> Engine:
            mask = Mask(secrets or {})
            twin = twin or Twin()
            known: dict[str, Any] = {
                "workflow": "word-counter",
                "version": "1.0",
                "executor": twin,
                "mask": lambda: mask,
                "layers": lambda: {"seccomp": "on"},
                "stats": Stats,
                "ready": lambda: True,
                "limits": Limits(),
            }
            service = Service(**(known | fields))
            return await stack.enter_async_context(_running(service, gate, twin, patience, access_log))

        yield start


@asynccontextmanager
async def _running(
    service: Service, gate: Gate | None, twin: Twin, patience: Patience | None, access_log: bool
) -> AsyncIterator[Engine]:
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    app = App(service, gate)
    up = asyncio.Event()
    task = asyncio.create_task(serve(app, listener, on_started=up.set, patience=patience, access_log=access_log))
    await up.wait()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield Engine(app, port, twin, service, client)
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def engine(start_engine: StartEngine) -> Engine:
    """An engine with nothing special about it."""
    running: Engine = await start_engine()
    return running
