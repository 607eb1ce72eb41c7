"""Addresses that stand for names: how drivers in a worker, which know only TCP, reach declared hosts."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from pipedreamer.errors import EgressError
from pipedreamer.runtime.egress.lookup import Lookup, lookup_by_system
from pipedreamer.runtime.egress.match import Match
from pipedreamer.runtime.egress.rules import Egress
from pipedreamer.runtime.egress.special import MAPPED
from pipedreamer.runtime.egress.spelling import address

FRESH_S: Final = 60.0
"""How long a lookup counts; after that the name is looked up again before anything is connected to."""
KEPT_S: Final = 300.0
"""How long an address stands for its name at least after it was last given out or connected to."""
MOST: Final = 1024
"""How many addresses stand for names at once."""
ADDRESSES_OF_A_NAME: Final = 8
LOOKUPS_AT_ONCE: Final = 4


@dataclass(slots=True)
class _Entry:
    """What one mapped address stands for; `used` is on the clock."""

    name: str
    real: str
    used: float


class MappedNames:
    """Gives a worker addresses of 198.18.0.0/15 for names, and tells where a connection to one of them goes.

    A mapped address stands for the same name as long as it is kept, and for the same real address as long as the name
    has that one. What a name was allowed for is checked again at each connection. One object a worker: names that
    one worker looks up must not push out those of another. `clock` counts seconds.
    """

    def __init__(
        self, egress: Egress, lookup: Lookup = lookup_by_system, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._egress = egress
        self._lookup = lookup
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()  # by mapped address, least recently used first
        self._mapped: dict[tuple[str, str], str] = {}
        self._found: OrderedDict[str, tuple[float, tuple[str, ...]]] = OrderedDict()
        self._free = _addresses()
        self._turns = asyncio.Semaphore(LOOKUPS_AT_ONCE)

    async def answer(self, host: str) -> tuple[str, ...]:
        """The mapped addresses of a name, at least one.

        Raises EgressError for a name that is declared on no port, or leads only where nodes may not go, and
        NameLookupError.
        """
        matches = self._egress.matches(host)
        real = await self._addresses(matches)
        return tuple(self._map(str(matches[0].host), one) for one in real)

    async def target(self, ip: str, port: int) -> tuple[str, int]:
        """Where a connection of a worker to this address and port really goes: an IP address and the port.

        An address that is not a mapped one must be declared itself. Raises EgressError and NameLookupError.
        """
        try:
            wanted = address(ip)
        except ValueError:
            raise EgressError(f"{ip[:80]!r} is not an address that nodes can reach") from None
        if wanted not in MAPPED:
            return self._egress.check_address(self._egress.check_name(str(wanted), port), str(wanted), port), port
        entry = self._entries.get(str(wanted))
        if entry is None:
            raise EgressError(f"{wanted} stands for no name, or no longer does: look the name up again")
        match = self._egress.check_name(entry.name, port)
        real = await self._addresses(self._egress.matches(entry.name))
        checked = self._egress.check_address(match, entry.real if entry.real in real else real[0], port)
        self._use(str(wanted))
        return checked, port

    async def _addresses(self, matches: Sequence[Match]) -> tuple[str, ...]:
        """The real addresses of a name that some of these matches allow, looked up where that was long ago."""
        name = str(matches[0].host)
        if (known := self._fresh(name)) is None:
            async with self._turns:
                if (known := self._fresh(name)) is None:
                    known = self._allowed(matches, await self._lookup(name))
                    self._remember(name, known)
        return known

    def _fresh(self, name: str) -> tuple[str, ...] | None:
        until, known = self._found.get(name, (0.0, ()))
        return known if known and self._clock() < until else None

    def _remember(self, name: str, known: tuple[str, ...]) -> None:
        self._found[name] = (self._clock() + FRESH_S, known)
        self._found.move_to_end(name)
        if len(self._found) > MOST:
            self._found.popitem(last=False)

    def _allowed(self, matches: Sequence[Match], found: Sequence[str]) -> tuple[str, ...]:
        kept: list[str] = []
        refusals: list[EgressError] = []
        for match in matches:
            try:
                kept += [ip for ip, _ in self._egress.allowed(match, [(ip, match.port) for ip in found])]
            except EgressError as error:
                refusals.append(error)
        if not kept:
            raise refusals[0]
        return tuple(dict.fromkeys(kept))[:ADDRESSES_OF_A_NAME]

    def _map(self, name: str, real: str) -> str:
        mapped = self._mapped.get((name, real))
        if mapped is None:
            self._make_room()
            mapped = next(one for one in self._free if one not in self._entries)
            self._mapped[name, real] = mapped
            self._entries[mapped] = _Entry(name, real, 0.0)
        self._use(mapped)
        return mapped

    def _use(self, mapped: str) -> None:
        if entry := self._entries.get(mapped):
            entry.used = self._clock()
            self._entries.move_to_end(mapped)

    def _make_room(self) -> None:
        if len(self._entries) < MOST:
            return
        mapped, oldest = next(iter(self._entries.items()))
        if self._clock() - oldest.used < KEPT_S:
            raise EgressError(f"more than {MOST} addresses of names are in use: look fewer names up within minutes")
        del self._entries[mapped], self._mapped[oldest.name, oldest.real]


def _addresses() -> Iterator[str]:
    """Every address that can be given out, round and round, so that one that was given up is used again late."""
    first, last = int(MAPPED.network_address) + 1, int(MAPPED.broadcast_address) - 1
    while True:
        yield from (str(IPv4Address(number)) for number in range(first, last + 1))
