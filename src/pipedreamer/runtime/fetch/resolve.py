"""The seam that decides which addresses a fetch may connect to."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

from pipedreamer.authoring import FetchError


class Resolve(Protocol):
    """Turns the host and port of a URL into the IP addresses and ports to try, best first.

    A connection is made to these addresses and no other, so an allow-list checks here what is really connected to; it
    refuses by raising `FetchError` with the reason. TLS still checks the certificate for the URL's host.
    """

    async def __call__(self, host: str, port: int, /) -> Sequence[tuple[str, int]]: ...


async def resolve_by_system(host: str, port: int, /) -> Sequence[tuple[str, int]]:
    """Every address that the machine's resolver knows, in its order (RFC 6724)."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise FetchError(f"the name {host} cannot be looked up now (no answer from DNS)") from error
        raise FetchError(f"the name {host} was not found") from error
    except UnicodeError as error:
        raise FetchError(f"the name {host} was not found") from error
    return [(str(address[0]), port) for *_, address in found]
