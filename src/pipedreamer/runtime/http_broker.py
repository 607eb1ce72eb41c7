"""Answers `ctx.fetch`: the one way from a node to the network (contract: context)."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.broker import Answer
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.spec.permissions import Permissions

if TYPE_CHECKING:
    from pipedreamer.runtime.egress import OwnPorts
    from pipedreamer.runtime.fetch.resolve import Resolve
    from pipedreamer.runtime.fetch.sending import Sender


class HttpBroker:
    """Sends nodes' HTTP requests; implements `runtime.broker.Broker`, except for the kind `k8s`.

    `secrets` gives the secrets as they are now; what they add to a request the node never sees. `permissions` gives
    what nodes may reach and which secrets may be used, as it is now; no connection outlives a change of it. `own_ports`
    are never reached. `resolve` looks names up instead of the system; what it finds is checked all the same. No proxy
    of the environment is used, no cookie kept. Leaving `open` early ends the fetch.
    """

    def __init__(
        self,
        secrets: Callable[[], dict[str, Any]],
        limits: FetchLimits | None = None,
        resolve: "Resolve | None" = None,
        *,
        permissions: Callable[[], Permissions] = Permissions,
        own_ports: "OwnPorts | None" = None,
    ) -> None:
        self._secrets = secrets
        self._limits = limits or FetchLimits()
        self._resolve = resolve
        self._permissions = permissions
        self._own_ports = own_ports
        self._sender: Sender | None = None
        self._loading = asyncio.Lock()
        self._is_closed = False

    def open(self, request: Fetch, worker: object = None, /) -> AbstractAsyncContextManager[Answer]:
        """The answer to a node's fetch; raises FetchError: what was asked for and why it failed, never a secret."""
        return self._open(request, worker)

    async def close(self) -> None:
        """Close every connection; fetches under way fail, later ones are refused."""
        self._is_closed = True
        if self._sender is not None:
            await self._sender.close()

    @asynccontextmanager
    async def _open(self, request: Fetch, worker: object) -> AsyncIterator[Answer]:
        if request.kind == "k8s":
            raise FetchError("ctx.k8s needs a cluster: there is none here")
        secrets = self._secrets()
        async with AsyncExitStack() as stack:
            sender = await self._loaded()
            yield await sender.send(request, secrets, stack, worker)

    async def _loaded(self) -> "Sender":
        """The part that needs httpx and httpcore: their import takes long, so it waits for the first fetch."""
        async with self._loading:
            if self._is_closed:
                raise FetchError("the engine is stopping: no fetch is begun any more")
            if self._sender is None:
                module = await asyncio.to_thread(importlib.import_module, "pipedreamer.runtime.fetch.sending")
                self._sender = module.Sender(self._limits, self._own_ports, self._resolve)
            await self._sender.permit(self._permissions())
            return self._sender
