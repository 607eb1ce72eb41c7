"""What a driver does, with real lookups and a real listener: ask DNS for a name, connect to what it says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.asyncresolver
import dns.resolver
import pytest

from pipedreamer.errors import EgressError
from pipedreamer.runtime.egress import DriverGateway, Egress, Lookup, lookup_by_system, names
from pipedreamer.sandbox.connects import Gateway
from pipedreamer.spec.permissions import Destination


class NameServer(asyncio.DatagramProtocol):
    """Puts a gateway's answers on a real socket."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._tasks.add(asyncio.create_task(self._answer(data, addr)))

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(await self._gateway.names(data), addr)


class Driver:
    """Connects as a driver does; the dialling itself is the engine's."""

    def __init__(self, gateway: Gateway, dns_port: int) -> None:
        self._gateway = gateway
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers, self._resolver.port = ["127.0.0.1"], dns_port

    async def addresses(self, name: str) -> list[str]:
        return [record.to_text() for record in await self._resolver.resolve(name, "A", search=False, lifetime=20)]

    async def connect(self, ip: str, port: int) -> bytes:
        reader, writer = await asyncio.open_connection(*await self._gateway.target(ip, port))
        async with asyncio.timeout(20):
            said = await reader.read()
        writer.close()
        return said


@asynccontextmanager
async def driver(gateway: Gateway) -> AsyncIterator[Driver]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(gateway), ("127.0.0.1", 0))
    try:
        yield Driver(gateway, transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


class Database:
    """Says hello to whoever connects."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0

    def connected(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"hello")
        writer.close()


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    database = Database()
    listening = await asyncio.start_server(database.connected, "127.0.0.1", 0)
    database.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield database


def gateway(told: list[str], *entries: tuple[str, int], lookup: Lookup = lookup_by_system) -> DriverGateway:
    rules = Egress(tuple(Destination(host, port) for host, port in entries))
    return DriverGateway(rules, lookup, told.append)


async def test_a_declared_name_is_found_and_reached(database: Database) -> None:
    async with driver(gateway([], ("localhost", database.port))) as client:
        (address,) = await client.addresses("localhost")
        assert address.startswith("198.1")
        assert await client.connect(address, database.port) == b"hello"


async def test_another_port_and_the_real_address_are_refused(database: Database) -> None:
    async with driver(gateway([], ("localhost", 5432))) as client:
        (address,) = await client.addresses("localhost")
        for ip in (address, "127.0.0.1", "0.0.0.0", "::1", "::ffff:127.0.0.1", "169.254.169.254"):  # noqa: S104
            with pytest.raises(EgressError):
                await client.connect(ip, database.port)
    assert database.connections == 0


async def test_a_name_that_is_not_declared_does_not_exist_and_the_reason_is_told_once() -> None:
    told: list[str] = []
    async with driver(gateway(told, ("localhost", 5432))) as client:
        for _ in range(3):
            with pytest.raises(dns.resolver.NXDOMAIN):
                await client.addresses("evil.example")
    assert told == [
        'a name was refused: evil.example is not declared: add "evil.example:PORT" with its port to permissions.net'
    ]


async def test_a_name_that_cannot_be_looked_up_any_more_is_a_failed_connect(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [["127.0.0.1"]]

    async def lookup(name: str, /) -> Sequence[str]:
        return found.pop() if found else await lookup_by_system("no-such-name.invalid")

    monkeypatch.setattr(names, "FRESH_S", 0.0)
    async with driver(gateway([], ("db", database.port), lookup=lookup)) as client:
        (address,) = await client.addresses("db")
        with pytest.raises(OSError, match=r"no-such-name\.invalid"):
            await client.connect(address, database.port)
    assert database.connections == 0
