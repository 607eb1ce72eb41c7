"""What decides about the connections of one worker's drivers: the rules, and the names that it looked up."""

from pipedreamer.runtime.egress.dns_answers import answer_query
from pipedreamer.runtime.egress.lookup import Lookup, lookup_by_system
from pipedreamer.runtime.egress.names import MappedNames
from pipedreamer.runtime.egress.rules import Egress


class DriverGateway:
    """Implements `sandbox.connects.Gateway`."""

    def __init__(self, egress: Egress, lookup: Lookup = lookup_by_system) -> None:
        self._names = MappedNames(egress, lookup)

    async def target(self, ip: str, port: int, /) -> tuple[str, int]:
        """Where it really goes. Raises `EgressError`."""
        return await self._names.target(ip, port)

    async def names(self, query: bytes, /) -> bytes:
        """The answer to a DNS query: addresses that stand for what is declared."""
        return await answer_query(query, self._names.answer)
