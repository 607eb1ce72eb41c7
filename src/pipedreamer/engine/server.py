"""The server: a listening socket, uvicorn on it, and an end that loses no run."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final, cast

import uvicorn

from pipedreamer.engine.app import App
from pipedreamer.engine.connection import Connection
from pipedreamer.engine.run import STOPPED
from pipedreamer.engine.watch import Patience, Watch
from pipedreamer.errors import BindError, UsageError

logger = logging.getLogger("pipedreamer.engine")

BACKLOG: Final = 2048
LAST_SECONDS: Final = 5.0
"""After the last run, answers still on their way and uploads have so long, within the limit."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at `host` and `port` (0: a free one); `::` takes IPv4 as well.

    Raises `BindError` for a port in use, a port that needs rights, and a host that is not this machine's.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"port {port} is not a port; use --port with a number from 0 to 65535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise BindError(
            f"host {host!r} is not known here ({error}); use --host with an address of this machine"
        ) from error
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        listener.bind(address)
        listener.listen(BACKLOG)  # now, because two sockets may bind one port as long as neither listens
    except OSError as error:
        listener.close()
        raise BindError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use; stop what listens there or choose another one with --port"
        case errno.EACCES | errno.EPERM:
            return f"port {port} on {host} needs rights that this user has not; choose one from 1024 on with --port"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine; use --host with one that is"
        case _:
            return f"cannot listen on port {port} of {host}: {error.strerror}; choose others with --host and --port"


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
