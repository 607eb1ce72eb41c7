"""The ways to the network while a workflow is watched: everything is open, and what is asked for is noted."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx

from pipedreamer.authoring import FetchError
from pipedreamer.errors import EgressError
from pipedreamer.runtime.broker import Answer, Broker
from pipedreamer.runtime.egress import DriverGateway, Egress, Match, lookup_by_system
from pipedreamer.runtime.fetch.address import address, basic_auth, parsed, port_of
from pipedreamer.runtime.fetch.headers import with_auth
from pipedreamer.runtime.fetch.resolve import resolve_by_system
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.spec import Destination

NoteHost = Callable[[Destination, str], None]
"""Hears where a node wants to go, and how: `ctx.fetch`, or `a driver`."""
NoteSecret = Callable[[str, str], None]
"""Hears which secret a fetch was sent with, and why `inject` would not do for it."""

FETCH, GLOBAL, DRIVER = "ctx.fetch", "fetch", "a connection of its own"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NotedEgress(Egress):
    """Everything but what is never reached."""

    def __init__(self, note: NoteHost) -> None:
        super().__init__("any")
        self._note = note

    def check_name(self, host: str, port: int) -> Match:
        match = super().check_name(host, port)
        self._note(Destination(str(match.host), match.port), DRIVER)
        return match


class NotedGateway(DriverGateway):
    """Where drivers want to go. Without `is_live` they are told every name and get nowhere."""

    def __init__(self, note: NoteHost, *, is_live: bool) -> None:
        super().__init__(NotedEgress(note), lookup_by_system if is_live else _lookup_nothing)
        self._is_live = is_live

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        found = await super().target(ip, port)
        if not self._is_live:
            raise EgressError(f"{ip}:{port}: nothing outside is reached with fixtures, but with --live")
        return found


async def _lookup_nothing(_name: str, /) -> Sequence[str]:
    """An address for documentation (RFC 5737): nothing is sent to it."""
    return ["192.0.2.1"]


class NotedResolve:
    """Implements `runtime.fetch.resolve.Resolve`: sees the hosts that redirects lead to."""

    def __init__(self, note: NoteHost) -> None:
        self._note = note

    async def __call__(self, host: str, port: int, /) -> Sequence[tuple[str, int]]:
        self._note(Destination(host, port), FETCH)
        return await resolve_by_system(host, port)


class NotedBroker:
    """Implements `runtime.broker.Broker`: notes what another one is asked for, with `secrets` as that one has them."""

    def __init__(self, inner: Broker, secrets: Mapping[str, Any], note: NoteHost, note_secret: NoteSecret) -> None:
        self._inner = inner
        self._secrets = secrets
        self._note = note
        self._note_secret = note_secret

    def open(self, request: Fetch, worker: object = None, /) -> AbstractAsyncContextManager[Answer]:
        return self._open(request, worker)

    async def close(self) -> None:
        await self._inner.close()

    @asynccontextmanager
    async def _open(self, request: Fetch, worker: object) -> AsyncIterator[Answer]:
        if request.kind != "k8s":
            self._look_at(request)
        async with self._inner.open(request, worker) as answer:
            if request.kind != "k8s":
                self._look_at_url(parsed(answer.url), request)
            yield answer

    def _look_at(self, request: Fetch) -> None:
        try:
            url = address(request.service, request.path)
            bare = with_auth(request.headers, request.service, None, basic_auth(url))
            full = with_auth(request.headers, request.service, self._secrets.get(request.service), basic_auth(url))
        except FetchError:
            return  # the broker says so to the node
        self._look_at_url(url, request)
        if full != bare:
            is_open = url.scheme != "https" and url.raw_host.decode() not in _LOOPBACK
            self._note_secret(request.service, "sent unencrypted, which inject never does" if is_open else "")

    def _look_at_url(self, url: httpx.URL, request: Fetch) -> None:
        self._note(Destination(url.raw_host.decode(), port_of(url)), GLOBAL if request.kind == "global" else FETCH)
