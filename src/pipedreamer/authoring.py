"""What a node's author writes against: the types of `ctx` and of what it gives back.

These are protocols for editors and type checkers; the objects themselves are made in the worker.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class Response(Protocol):
    """An answer to `ctx.fetch`; the body is read once, whole or in pieces."""

    @property
    def status(self) -> int: ...
    @property
    def ok(self) -> bool:
        """True for a status from 200 to 299."""

    @property
    def url(self) -> str:
        """The address that answered, after redirects."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Names are matched without regard to case; values of a repeated name are joined by a comma."""

    async def json(self) -> Any: ...
    async def text(self) -> str: ...
    def stream(self) -> AsyncIterator[bytes]:
        """The body piece by piece, as it arrives."""

    async def bytes(self) -> bytes: ...


class Log(Protocol):
    """A node's log: one line a call, `fields` are written after the message."""

    def debug(self, message: object, *fields: object) -> None: ...
    def info(self, message: object, *fields: object) -> None: ...
    def warn(self, message: object, *fields: object) -> None: ...
    def error(self, message: object, *fields: object) -> None: ...


class Cluster(Protocol):
    """The Kubernetes API as the workflow's service account may read it."""

    async def get(self, path: str) -> Any:
        """The JSON that a GET of `path` (`/api/v1/nodes`) answers; an error status raises `FetchError`."""


class Context(Protocol):
    """What every node gets as its first argument."""

    @property
    def run_id(self) -> str: ...
    @property
    def attempt(self) -> int:
        """1 for the first attempt, one higher for each retry and each start after an interruption."""

    @property
    def node(self) -> str: ...
    @property
    def config(self) -> dict[str, Any]:
        """The workflow's config; a copy of the node's own."""

    @property
    def secrets(self) -> dict[str, Any]:
        """The workflow's secrets; a copy of the node's own."""

    @property
    def log(self) -> Log: ...
    @property
    def k8s(self) -> Cluster: ...

    async def fetch(self, service: str, path: str = "", init: Mapping[str, Any] | None = None, **more: Any) -> Response:
        """Send an HTTP request through the engine.

        `path` beginning with `http://` or `https://` is used as it is, else it goes to
        `https://api.{service}.com{path}`. `init` (or keywords) takes `method`, `headers`, `body` (text, bytes, or a
        value sent as JSON), `json`, `timeout` in seconds and `ca`, a CA certificate in PEM. Raises `FetchError` when
        no answer came; an error status is an answer.
        """


class FetchError(Exception):
    """No answer came to `ctx.fetch`: refused, unreachable, too slow, or too large."""
