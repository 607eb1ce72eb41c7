"""What decides about the connections of one worker's drivers: the rules, and the names that it looked up."""

import errno
from collections.abc import Callable
from typing import Final

from pipedreamer.errors import EgressError, NameLookupError
from pipedreamer.runtime.egress.dns_answers import answer_query
from pipedreamer.runtime.egress.lookup import Lookup, lookup_by_system
from pipedreamer.runtime.egress.names import MappedNames
from pipedreamer.runtime.egress.rules import Egress

_TOLD: Final = 256
"""Of how many names it is said that they were refused; then it is said no more."""


class DriverGateway:
    """Implements `sandbox.connects.Gateway` for one worker, with names of its own.

    `tell` hears once of each name that was refused, and which line would permit it: the worker's C library can only
    be told that there is no such name.
    """

    def __init__(
        self, egress: Egress, lookup: Lookup = lookup_by_system, tell: Callable[[str], None] | None = None
    ) -> None:
        self._names = MappedNames(egress, lookup)
        self._tell = tell
        self._told: set[str] = set()

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        """Where it really goes. Raises EgressError with the reason why not, OSError where DNS does not answer."""
        try:
            return await self._names.target(ip, port)
        except NameLookupError as error:
            raise OSError(errno.EHOSTUNREACH, str(error)) from error

    async def names(self, query: bytes, /) -> bytes:
        """The answer to a DNS query: addresses that stand for what is declared."""
        return await answer_query(query, self.addresses)

    async def addresses(self, name: str, /) -> tuple[str, ...]:
        """Addresses that stand for a name. Raises EgressError and NameLookupError."""
        try:
            return await self._names.answer(name)
        except EgressError as error:
            if self._tell and str(error) not in self._told and len(self._told) < _TOLD:
                self._told.add(str(error))
                self._tell(f"a name was refused: {error}")
            raise
