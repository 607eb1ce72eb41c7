"""The seam through which a node reaches the network: whoever answers `ctx.fetch` and `ctx.k8s.get`."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from pipedreamer.sandbox.protocol import Fetch


class Answer(Protocol):
    """What a fetch brought; `chunks` raises `FetchError` when the body breaks off or grows too large."""

    @property
    def status(self) -> int: ...
    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...
    def chunks(self) -> AsyncIterator[bytes]: ...


class Broker(Protocol):
    """Answers fetches; `open` raises `pipedreamer.FetchError` with what went wrong and never a secret.

    `worker` stands for whose fetch it is, so that none takes the places of all.
    """

    def open(self, request: Fetch, worker: object = None, /) -> AbstractAsyncContextManager[Answer]: ...
    async def close(self) -> None: ...
