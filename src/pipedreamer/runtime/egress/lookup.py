"""The one place where names become addresses."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

from pipedreamer.errors import NameLookupError


class Lookup(Protocol):
    """Turns a name into IP addresses, best first; raises NameLookupError."""

    async def __call__(self, name: str, /) -> Sequence[str]: ...


async def lookup_by_system(name: str, /) -> Sequence[str]:
    """Every address that the machine's resolver knows, in its order (RFC 6724), `/etc/hosts` included."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in {socket.EAI_AGAIN, socket.EAI_SYSTEM}:
            message = f"the name {name} cannot be looked up now (no answer from DNS)"
            raise NameLookupError(message, is_final=False) from error
        raise NameLookupError(f"the name {name} was not found", is_final=True) from error
    except UnicodeError as error:
        raise NameLookupError(f"the name {name} was not found", is_final=True) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
