"""The composition root: a workflow folder, its live workers, the engine's application and the server, put together.

Here alone do project, runtime and engine meet; `serve` and `dev` differ in what they pass.
"""

import asyncio
import importlib
import os
import resource
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipedreamer.cli.admission import Admission, gate, refuse_open_address, watch_tokens
from pipedreamer.cli.keeping import Kept, Wanted, about, history, place_for, recording
from pipedreamer.cli.stats import stats_of
from pipedreamer.engine.access.token_files import TokenWatch
from pipedreamer.engine.binding import bind
from pipedreamer.engine.service import Limits, Service
from pipedreamer.project import open_project
from pipedreamer.project.packages import environment
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.layers import Demand
from pipedreamer.runtime.live import LiveWorkflow, Means
from pipedreamer.runtime.logs import LogSink
from pipedreamer.runtime.processors import processors
from pipedreamer.runtime.recording.events import Events
from pipedreamer.runtime.recording.lines import RunLines
from pipedreamer.runtime.settings import Sources
from pipedreamer.runtime.tracing.opening import tracing
from pipedreamer.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from pipedreamer.engine.app import App
    from pipedreamer.runtime.tracing.traces import Traces

POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What to serve and how; read once from the command line and handed down."""

    folder: Path
    host: str
    port: int
    sources: Sources
    capacity: Capacity
    log: LogSink
    warn: Callable[[str], None]
    drain_seconds: float = 25.0
    limits: Limits = field(default_factory=Limits)
    admission: Admission = field(default_factory=Admission)
    allow_build: bool = False
    demand: Demand = "best-effort"
    access_log: bool = False
    record: Wanted = field(default_factory=Wanted)


Renew = Callable[[], None]
Beside = Callable[[LiveWorkflow, Renew], Coroutine[Any, Any, None]]
Started = Callable[[LiveWorkflow, str], None]


async def serve_workflow(serving: Serving, zygote: Zygote, started: Started, beside: Beside | None = None) -> None:
    """Serve until SIGTERM or SIGINT. `started` hears the address; `beside` runs along, for `dev`.

    Raises `PipedreamerError` for whatever keeps it from starting.
    """
    _allow_many_connections()
    project = open_project(serving.folder)
    listener = bind(serving.host, serving.port)
    with listener:
        refuse_open_address(serving.admission, listener.getsockname()[0])
        tokens = watch_tokens(serving.admission, project, serving.sources, serving.warn)
        # The workers load in processes of their own: meanwhile the server is imported, which takes as long.
        server = asyncio.ensure_future(asyncio.to_thread(importlib.import_module, "pipedreamer.engine.server"))
        place = place_for(serving.record, project.root, serving.warn)
        lines = RunLines(serving.log, Events())
        async with (
            tracing(os.environ, project.workflow.name, serving.warn) as traces,
            LiveWorkflow(project, _means(serving, listener.getsockname()[1], lines, traces), zygote) as live,
            recording(place, live, lines, serving.capacity.running, serving.warn) as kept,
        ):
            await server
            from pipedreamer.engine.app import App
            from pipedreamer.engine.server import serve

            made = partial(service_of, live, serving.limits, kept, tokens)
            app = App(made(), gate(project.workflow.name, tokens, serving.admission))
            helpers = [asyncio.ensure_future(_poll(live, tokens, app))]
            if beside is not None:

                def renew() -> None:
                    app.replace(made())

                helpers.append(asyncio.ensure_future(beside(live, renew)))
            try:
                await serve(
                    app,
                    listener,
                    drain_seconds=serving.drain_seconds,
                    on_started=lambda: started(live, _address(serving.host, listener.getsockname()[1])),
                    access_log=serving.access_log,
                )
            finally:
                for helper in helpers:
                    helper.cancel()
                    with suppress(asyncio.CancelledError):
                        await helper


def service_of(
    live: LiveWorkflow, limits: Limits, kept: Kept | None = None, tokens: TokenWatch | None = None
) -> Service:
    """What the application is handed; made anew when the code is swapped."""
    session = live.session
    workflow = live.project.workflow
    return Service(
        workflow=workflow.name,
        version=workflow.version,
        executor=kept.executor if kept is not None else session,
        mask=lambda: live.mask,
        layers=session.layers,
        stats=partial(stats_of, live, kept, tokens),
        ready=lambda: session.workers > 0,
        input_schema=live.project.input_schema,
        limits=limits,
        about=about(live.project, kept),
        history=history(live, kept) if kept is not None else None,
        record=kept.figures if kept is not None else None,
        traces=live.traces,
    )


def capacity(workers: int, running: int, waiting: int) -> Capacity:
    """How much may run; 0 workers means as many as this process may use processors, at most 4."""
    return Capacity(workers=workers or min(4, processors()), running=running, waiting=waiting)


def _means(serving: Serving, port: int, log: LogSink, traces: "Traces | None") -> Means:
    def own_ports() -> tuple[int, ...]:
        return (port,)

    return Means(
        sources=serving.sources,
        broker=lambda secrets, allowed: HttpBroker(secrets, permissions=allowed, own_ports=own_ports),
        own_ports=own_ports,
        packages=lambda root: environment(root, serving.allow_build, say=serving.warn),
        log=log,
        warn=serving.warn,
        capacity=serving.capacity,
        demand=serving.demand,
        traces=traces,
    )


def _allow_many_connections() -> None:
    """Each caller takes an open file, of which most shells and service managers give 1,024 unless one asks for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _poll(live: LiveWorkflow, tokens: TokenWatch | None, app: "App") -> None:
    """Take up rotated secrets and tokens, and changed config, while running."""
    while True:
        await asyncio.sleep(POLL_SECONDS)
        live.poll()
        if tokens is not None:
            tokens.poll()
            app.end_streams()


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"
