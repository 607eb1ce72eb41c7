"""`ctx`: what a node is given. Plain functions may use it too, from their own thread."""

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
import orjson

from pipedreamer.sandbox.protocol import TEXT_LIMIT, LogLine
from pipedreamer.sandbox.python.attempt import Attempt, current
from pipedreamer.sandbox.python.explain import clean
from pipedreamer.sandbox.python.fetching import Fetcher, NodeResponse
from pipedreamer.sandbox.python.node_secrets import NodeSecrets
from pipedreamer.sandbox.python.run_state import RunState

Level = Literal["debug", "info", "warn", "error"]


class NodeLog:
    """`ctx.log`."""

    __slots__ = ("_attempt", "_send")

    def __init__(self, attempt: Attempt, send: Callable[[LogLine], None]) -> None:
        self._attempt = attempt
        self._send = send

    def debug(self, message: object, *fields: object) -> None:
        self._write("debug", message, fields)

    def info(self, message: object, *fields: object) -> None:
        self._write("info", message, fields)

    def warn(self, message: object, *fields: object) -> None:
        self._write("warn", message, fields)

    warning = warn

    def error(self, message: object, *fields: object) -> None:
        self._write("error", message, fields)

    def _write(self, level: Level, message: object, fields: tuple[object, ...]) -> None:
        self._send(log_line(self._attempt, level, " ".join(map(readable, (message, *fields)))))


class NodeCluster:
    """`ctx.k8s`."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    async def get(self, path: str) -> Any:
        response = await self._context.call_cluster(path)
        if not response.ok:
            raise response.refusal(f"GET {path}")
        return await response.json()


class NodeContext(msgspec.Struct, eq=False):
    """See `pipedreamer.Context`; config and secrets are copied when first asked for."""

    node: str
    _attempt: Attempt
    _state: RunState
    _send: Callable[[LogLine], None]
    _fetcher: Fetcher
    _log: NodeLog | None = None
    _config: dict[str, Any] | None = None
    _secrets: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"<the context of {self.node}>"

    @property
    def run_id(self) -> str:
        return self._state.request.run_id

    @property
    def attempt(self) -> int:
        return self._attempt.number

    @property
    def log(self) -> NodeLog:
        if self._log is None:
            self._log = NodeLog(self._attempt, self._send)
        return self._log

    @property
    def config(self) -> dict[str, Any]:
        if self._config is None:
            self._config = orjson.loads(self._state.settings.config)
        return self._config

    @property
    def secrets(self) -> dict[str, Any]:
        if self._secrets is None:
            self._secrets = NodeSecrets(orjson.loads(self._state.settings.secrets))
        return self._secrets

    def watch_secrets(self, watched: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Have something stand for the secrets that tells which of them are read."""
        self._secrets = watched(self.secrets)

    @property
    def k8s(self) -> NodeCluster:
        return NodeCluster(self)

    async def fetch(
        self, service: str, path: str = "", init: Mapping[str, Any] | None = None, **more: Any
    ) -> NodeResponse:
        return await self._fetcher.fetch(self._attempt, "http", service, path, {**(init or {}), **more})

    async def call_cluster(self, path: str) -> NodeResponse:
        return await self._fetcher.fetch(self._attempt, "k8s", "k8s", path, {})


class PrintedLines(io.TextIOBase):
    """Takes the place of sys.stdout and sys.stderr: what a node prints becomes lines of its log.

    `rest` has what was printed without a line's end so far.
    """

    def __init__(self, level: Level, send: Callable[[LogLine], None]) -> None:
        self._level = level
        self._send = send
        self.rest: dict[Attempt | None, str] = {}

    def writable(self) -> bool:
        return True

    @property
    def buffer(self) -> "PrintedBytes":
        """For what writes bytes to `sys.stdout.buffer`."""
        return PrintedBytes(self)

    def write(self, text: str) -> int:
        attempt = current.get()
        *lines, rest = (self.rest.pop(attempt, "") + text).split("\n")
        for line in lines:
            if line.strip():
                self._send(log_line(attempt, self._level, line))
        if rest:
            # What is left of a line too long is never told: it could begin in the middle of a secret.
            self.rest[attempt] = rest[:TEXT_LIMIT]
        return len(text)

    def finish(self, attempt: Attempt) -> None:
        """Write out what an attempt printed without a line's end."""
        if rest := self.rest.pop(attempt, ""):
            self._send(log_line(attempt, self._level, rest))


class PrintedBytes(io.RawIOBase):
    """The bytes' side of `PrintedLines`."""

    def __init__(self, lines: PrintedLines) -> None:
        self._lines = lines

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        taken = bytes(data)
        self._lines.write(taken.decode(errors="replace"))
        return len(taken)


def log_line(attempt: Attempt | None, level: Level, message: str) -> LogLine:
    """A line as the engine gets it, cut where it is absurdly long."""
    message = clean(message)
    if attempt is None:
        return LogLine(run=-1, node=-1, attempt=0, level=level, message=message)
    return LogLine(run=attempt.run, node=attempt.node, attempt=attempt.number, level=level, message=message)


def readable(thing: object) -> str:
    """A log field as a person reads it: text as it is, JSON values as JSON, anything else by its repr."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, BaseException):
        return f"{type(thing).__name__}: {thing}"
    with contextlib.suppress(TypeError, RecursionError):
        return orjson.dumps(thing, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    return repr(thing)
