"""One fetch after the other on the connections of one workflow."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.egress import Egress, OwnPorts, no_ports
from pipedreamer.runtime.fetch.address import shown
from pipedreamer.runtime.fetch.answer import HttpAnswer
from pipedreamer.runtime.fetch.exchange import Exchange
from pipedreamer.runtime.fetch.failure import FAILURES, why
from pipedreamer.runtime.fetch.limits import FetchLimits
from pipedreamer.runtime.fetch.patience import Patience
from pipedreamer.runtime.fetch.permitted import Permitted
from pipedreamer.runtime.fetch.places import Places
from pipedreamer.runtime.fetch.pools import Pools
from pipedreamer.runtime.fetch.redirects import Target
from pipedreamer.runtime.fetch.request import first_target, name_of
from pipedreamer.runtime.fetch.resolve import AllowedResolve, Resolve, resolve_by_system
from pipedreamer.runtime.mask import Mask
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.spec.permissions import Permissions


class Sender:
    """Sends fetches, so many at once, and tells of failures in words that hold no secret."""

    def __init__(self, limits: FetchLimits, own_ports: OwnPorts | None, resolve: Resolve | None) -> None:
        self._limits = limits
        self._own_ports = own_ports or no_ports
        self._resolve = resolve or resolve_by_system
        self._permissions = Permissions(net=(), secrets=())
        self._permitted = Permitted(self._permissions, Egress(()))
        self._pools = Pools(AllowedResolve(Egress(()), self._resolve))
        self._places = Places(limits)
        self._mask = Mask.none()

    async def permit(self, permissions: Permissions) -> None:
        """Send by these from now on; until the first call nothing is permitted."""
        if permissions == self._permissions:
            return
        egress = Egress(permissions.net, self._own_ports)
        self._permissions, self._permitted = permissions, Permitted(permissions, egress)
        await self._pools.replace(AllowedResolve(egress, self._resolve))

    async def send(
        self, request: Fetch, secrets: dict[str, Any], stack: AsyncExitStack, worker: object = None
    ) -> HttpAnswer:
        """The answer; `stack` takes what is to be given back when it is done with. Raises FetchError."""
        complain = self._complaints(name_of(request), secrets)
        limits = self._limits.unending() if request.kind == "global" else self._limits
        try:
            patience = Patience.of(request.timeout, limits.silence_s)
            target = first_target(request, secrets, limits, self._permitted)
        except FetchError as error:
            raise complain(str(error)) from None
        complain = self._complaints(_what(target), secrets)
        try:
            await self._take_place(worker, _size(request), patience, stack)
            pool = await stack.enter_async_context(self._pools.lend(request.ca))
        except FetchError as error:
            raise complain(str(error)) from None
        exchange = Exchange(self._pools, pool, limits, patience, target, request.follow)
        return await self._answer(exchange, target, secrets, stack)

    async def close(self) -> None:
        """Close every connection."""
        await self._pools.close()

    async def _take_place(self, worker: object, size: int, patience: Patience, stack: AsyncExitStack) -> None:
        try:
            async with patience.in_all():
                stack.callback(await self._places.take(worker, size))
        except TimeoutError:
            raise FetchError(f"{patience.why()}, waiting for other fetches to end") from None

    async def _answer(
        self, exchange: Exchange, first: Target, secrets: dict[str, Any], stack: AsyncExitStack
    ) -> HttpAnswer:
        try:
            response = await exchange.run()
        except (TimeoutError, FetchError, *FAILURES) as error:
            # The cause is left out: a library's message may quote headers.
            raise self._complaints(_what(first, exchange.target), secrets)(self._why(error, exchange)) from None
        complain = self._complaints(_what(first, exchange.target), secrets)
        answer = HttpAnswer(response, exchange.target, exchange.limits, exchange.patience, complain)

        async def end() -> None:
            await exchange.end(response, is_whole=answer.is_read)

        stack.push_async_callback(end)
        return answer

    def _complaints(self, what: str, secrets: dict[str, Any]) -> Callable[[str], FetchError]:
        def complain(reason: str) -> FetchError:
            self._mask = self._mask.with_secrets(secrets)
            return FetchError(self._mask.text(f"{what}: {reason}"))

        return complain

    def _why(self, error: Exception, exchange: Exchange) -> str:
        if isinstance(error, FetchError):
            return str(error)
        if isinstance(error, TimeoutError):
            return exchange.patience.why()
        return why(error, self._limits.connect_s)


def _size(request: Fetch) -> int:
    return len(request.body or b"") + len(request.path) + sum(len(name) + len(value) for name, value in request.headers)


def _what(first: Target, last: Target | None = None) -> str:
    what = f"{first.method} {shown(first.url)}"
    return what if last is None or last is first else f"{what} (redirected to {shown(last.url)})"
