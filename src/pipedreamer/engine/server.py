"""The server: uvicorn on a listening socket, and an end that loses no run."""

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final, cast

import uvicorn

from pipedreamer.engine.app import App
from pipedreamer.engine.binding import BACKLOG
from pipedreamer.engine.connection import Connection
from pipedreamer.engine.run import STOPPED
from pipedreamer.engine.watch import Patience, Watch

logger = logging.getLogger("pipedreamer.engine")

LAST_SECONDS: Final = 5.0
"""After the last run, answers still on their way and uploads have so long, within the limit."""


async def serve(
    app: App,
    sock: socket.socket,
    *,
    drain_seconds: float = 25.0,
    on_started: Callable[[], None] | None = None,
    patience: Patience | None = None,
    access_log: bool = False,
) -> None:
    """Serve `app` on `sock` until SIGTERM or SIGINT, then return.

    At the signal new runs are refused; those under way have `drain_seconds` to end. A second signal ends at once.
    What is cut off is answered with 503. Cancelling ends it at once too. `on_started` is called when requests are
    taken. The access log goes to the logger `uvicorn.access`.
    """
    patience = patience or Patience()
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=access_log,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
    )
    if access_log:
        logging.getLogger("uvicorn.access").setLevel(logging.INFO)
    server = _Server(config, app, drain_seconds, Watch(patience))
    server.on_started = on_started
    try:
        await server.serve(sockets=[sock])
    except asyncio.CancelledError:
        server.force_exit = True
        await server.shutdown([sock])
        raise


class _Server(uvicorn.Server):
    """uvicorn's server with another end: it goes on listening, to refuse, until the last run is done."""

    on_started: Callable[[], None] | None = None

    def __init__(self, config: uvicorn.Config, app: App, drain_seconds: float, watch: Watch) -> None:
        super().__init__(config)
        self._app = app
        self._drain_seconds = drain_seconds
        self._watch = watch
        self._deadline: float | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT; unlike uvicorn do not raise them again, because the exit code would not be 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Begin the end; called again, end at once."""
        now = asyncio.get_running_loop().time()
        if self._deadline is not None:
            self._deadline = now
            self.force_exit = True
            return
        self._deadline = now + self._drain_seconds
        self._app.drain()
        if self._app.running:
            logger.info(
                "stopping: %d runs have %g s to end; signal again to stop at once",
                self._app.running,
                self._drain_seconds,
            )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        if self.on_started is not None:
            self.on_started()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: look whether the end has come, and once a second after slow callers."""
        now = asyncio.get_running_loop().time()
        if counter % 10 == 0:
            self._watch.look(self.server_state.connections, now)
        if await super().on_tick(counter):
            return True
        return self._deadline is not None and (not self._app.running or now >= self._deadline)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give the last answers and uploads a moment, cut off the rest, and close."""
        clock = asyncio.get_running_loop().time
        until = min(self._deadline or 0.0, clock() + LAST_SECONDS)
        if self._app.running:
            logger.warning("stopping with %d runs not ended; their callers are told", self._app.running)
        while self._is_answering() and clock() < until and not self.force_exit:  # noqa: ASYNC110 - nobody tells of the last
            await asyncio.sleep(0.05)
        for connection in tuple(self.server_state.connections):
            cast("Connection", connection).cut_off(STOPPED)
        tasks = tuple(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)
        self.config.timeout_graceful_shutdown = max(1, int(until - clock()))
        await super().shutdown(sockets)

    def _is_answering(self) -> bool:
        connections = cast("set[Connection]", self.server_state.connections)
        return bool(self.server_state.tasks) or any(connection.is_answering for connection in connections)
