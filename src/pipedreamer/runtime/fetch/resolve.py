"""The seam that decides which addresses a fetch may connect to."""

from collections.abc import Sequence
from typing import Protocol

from pipedreamer.authoring import FetchError
from pipedreamer.errors import EgressError, NameLookupError
from pipedreamer.runtime.egress import Egress, lookup_by_system


class Resolve(Protocol):
    """Turns the host and port of a URL into the IP addresses and ports to try, best first.

    A connection is made to these addresses and no other, so an allow-list checks here what is really connected to; it
    refuses by raising `FetchError` with the reason. TLS still checks the certificate for the URL's host.
    """

    async def __call__(self, host: str, port: int, /) -> Sequence[tuple[str, int]]: ...


async def resolve_by_system(host: str, port: int, /) -> Sequence[tuple[str, int]]:
    """Every address that the machine's resolver knows, in its order (RFC 6724)."""
    try:
        return [(ip, port) for ip in await lookup_by_system(host)]
    except NameLookupError as error:
        raise FetchError(str(error)) from error


class AllowedResolve:
    """Implements `Resolve`: what `egress` lets nodes reach of what another one finds.

    What is not declared is not even looked up, and an address needs no lookup.
    """

    def __init__(self, egress: Egress, resolve: Resolve = resolve_by_system) -> None:
        self._egress = egress
        self._resolve = resolve

    async def __call__(self, host: str, port: int, /) -> Sequence[tuple[str, int]]:
        try:
            match = self._egress.check_name(host, port)
            name = match.host
            found = await self._resolve(name, port) if isinstance(name, str) else [(str(name), port)]
            return self._egress.allowed(match, found)
        except EgressError as error:
            raise FetchError(str(error)) from error
