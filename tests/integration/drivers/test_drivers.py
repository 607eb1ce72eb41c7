"""Drivers that open TCP themselves reach what is declared, unmodified, and nothing else.

Either the kernel asks the engine about each connect, or, where it cannot, Python's own sockets do.
"""

import json
import socket
import sysconfig
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.egress import Egress
from pipedreamer.runtime.egress.gateway import DriverGateway
from pipedreamer.spec.permissions import Destination

SITE = Path(sysconfig.get_path("purelib"))
ONE_WORKER = Capacity(workers=1, running=8)

PSYCOPG = """
    import psycopg
    def run(ctx, input):
        with psycopg.connect(input["dsn"]) as connection:
            return connection.execute("select 40 + 2").fetchone()[0]
"""
ASYNC_PSYCOPG = """
    import psycopg
    async def run(ctx, input):
        async with await psycopg.AsyncConnection.connect(input["dsn"]) as connection:
            return (await (await connection.execute("select 40 + 2")).fetchone())[0]
"""
ASYNCPG = """
    import asyncpg
    async def run(ctx, input):
        connection = await asyncpg.connect(host=input["host"], port=input["port"], user="postgres", ssl=False)
        try:
            return await connection.fetchval("select 40 + 2")
        finally:
            await connection.close()
"""
HTTPX = """
    import httpx
    async def run(ctx, input):
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            return (await client.get(input["url"])).status_code
"""
URLLIB = """
    import urllib.request
    def run(ctx, input):
        return urllib.request.urlopen(input["url"], timeout=10).status
"""
RAW = """
    import socket
    def run(ctx, input):
        with socket.create_connection((input["host"], input["port"]), 5) as connection:
            connection.sendall(b"hello")
            return connection.recv(16).decode()
"""


class Listener:
    """Echoes on loopback; `visits` has the addresses that came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.visits: list[Any] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # a thread that waits in `accept` keeps it open else
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:
                return
            self.visits.append(address)
            with connection:
                data = connection.recv(4096)
                if data.startswith(b"GET"):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
                else:
                    connection.sendall(data)


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()


def names(**known: str) -> Any:
    """A lookup that knows these names and no others."""

    async def look(name: str) -> list[str]:
        return [known[name.replace(".", "_")]]

    return look


@pytest.fixture
def starting(write_workflow: Any, start_session: Any) -> Callable[..., Any]:
    async def started(
        source: str, *net: tuple[str, int], everything: bool = False, notify: bool = True, **known: str
    ) -> Any:
        egress = Egress("any" if everything else tuple(Destination(host, port) for host, port in net))
        gateway = lambda: DriverGateway(egress, names(**known)) if known else DriverGateway(egress)  # noqa: E731
        folder = write_workflow({"n": source})
        return await start_session(folder, ONE_WORKER, site=SITE, gateway=gateway, memory=1 << 30, notify=notify)

    return started


@pytest.fixture(params=[True, False], ids=["the kernel asks", "Python asks"])
def start(starting: Any, request: pytest.FixtureRequest) -> Callable[..., Any]:
    return partial(starting, notify=request.param)


@pytest.mark.parametrize("source", [PSYCOPG, ASYNC_PSYCOPG, ASYNCPG], ids=["psycopg", "psycopg async", "asyncpg"])
@pytest.mark.parametrize("host", ["db.test", "127.0.0.1"])
async def test_a_postgresql_driver_reaches_a_declared_server(
    starting: Any, postgres: int, source: str, host: str
) -> None:
    bench = await starting(source, (host, postgres), db_test="127.0.0.1")
    dsn = f"host={host} port={postgres} user=postgres dbname=postgres"
    result = await bench.run({"dsn": dsn, "host": host, "port": postgres})
    assert result.errors == {}
    assert result.output("n") == 42


@pytest.mark.parametrize("source", [PSYCOPG, ASYNC_PSYCOPG, ASYNCPG], ids=["psycopg", "psycopg async", "asyncpg"])
async def test_a_postgresql_driver_reaches_no_other_port(starting: Any, postgres: int, source: str) -> None:
    with listening() as other:
        bench = await starting(source, ("db.test", postgres), db_test="127.0.0.1")
        dsn = f"host=db.test port={other.port} user=postgres connect_timeout=5"
        result = await bench.run({"dsn": dsn, "host": "db.test", "port": other.port})
        assert list(result.errors) == ["n"]
        assert other.visits == []
    assert any(f"db.test:{other.port}" in line.message and "permissions.net" in line.message for line in bench.lines)


async def test_where_only_python_asks_a_driver_in_python_reaches_its_server(starting: Any, postgres: int) -> None:
    bench = await starting(ASYNCPG, ("db.test", postgres), notify=False, db_test="127.0.0.1")
    result = await bench.run({"host": "db.test", "port": postgres})
    assert (result.errors, result.outputs) == ({}, {"n": b"42"})


async def test_where_only_python_asks_a_driver_in_c_reaches_nothing(starting: Any) -> None:
    with listening() as server:
        bench = await starting(PSYCOPG, ("127.0.0.1", server.port), notify=False)
        result = await bench.run({"dsn": f"host=127.0.0.1 port={server.port} user=postgres connect_timeout=5"})
        assert list(result.errors) == ["n"]
        assert server.visits == []


@pytest.mark.parametrize("source", [HTTPX, URLLIB], ids=["httpx", "urllib"])
async def test_a_http_client_of_a_nodes_own_reaches_a_declared_host(start: Any, source: str) -> None:
    with listening() as server:
        bench = await start(source, ("web.test", server.port), web_test="127.0.0.1")
        result = await bench.run({"url": f"http://web.test:{server.port}/"})
        assert (result.errors, result.outputs) == ({}, {"n": b"200"})
        assert len(server.visits) == 1


async def test_with_everything_open_names_and_addresses_are_reached_but_never_metadata(start: Any) -> None:
    with listening() as server:
        bench = await start(RAW, everything=True, near_test="127.0.0.1", trap_test="169.254.169.254")
        assert (await bench.run({"host": "near.test", "port": server.port})).output("n") == "hello"
        assert (await bench.run({"host": "127.0.0.1", "port": server.port})).output("n") == "hello"
        for host in ("trap.test", "169.254.169.254", "::ffff:169.254.169.254"):
            assert list((await bench.run({"host": host, "port": 80})).errors) == ["n"]


async def test_the_address_behind_a_declared_name_is_not_declared_itself(start: Any) -> None:
    with listening() as server:
        bench = await start(RAW, ("near.test", server.port), near_test="127.0.0.1")
        assert (await bench.run({"host": "near.test", "port": server.port})).output("n") == "hello"
        before = len(server.visits)
        for host in ("127.0.0.1", "localhost", "::ffff:127.0.0.1"):
            assert list((await bench.run({"host": host, "port": server.port})).errors) == ["n"]
        assert len(server.visits) == before


async def test_a_server_that_is_not_there_refuses_as_anywhere(start: Any) -> None:
    with listening() as server:
        port = server.port
    bench = await start(RAW, ("near.test", port), near_test="127.0.0.1")
    result = await bench.run({"host": "near.test", "port": port})
    assert "ConnectionRefusedError" in result.errors["n"]


async def test_many_connections_at_once_are_each_answered(start: Any) -> None:
    source = """
        import asyncio
        async def once(host, port, number):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"%d" % number)
            said = await reader.read(16)
            writer.close()
            return int(said)
        async def run(ctx, input):
            return await asyncio.gather(*(once(input["host"], input["port"], n) for n in range(60)))
    """
    with listening() as server:
        bench = await start(source, ("near.test", server.port), near_test="127.0.0.1")
        result = await bench.run({"host": "near.test", "port": server.port})
    assert json.loads(result.outputs["n"]) == list(range(60))


@pytest.mark.parametrize("keyword", ["async def", "def"])
async def test_what_is_refused_again_and_again_is_said_once_with_its_node_and_then_counted(
    starting: Any, keyword: str
) -> None:
    source = f"""
        import socket
        {keyword} run(ctx, input):
            for _ in range(50):
                with socket.socket() as connection:
                    try:
                        connection.connect(("127.0.0.1", 9))
                    except PermissionError:
                        pass
    """
    bench = await starting(source, ("127.0.0.1", 5432))
    run_id = (await bench.run()).run_id
    (said,) = bench.lines
    assert said.message.startswith("a connection was refused: 127.0.0.1:9 is declared for port 5432")
    assert (said.node, said.run_id, said.attempt, said.level) == ("n", run_id, 1, "warn")
    await bench.session.close()
    assert [(line.node, line.message[-26:]) for line in bench.lines[1:]] == [("n", " (49 more within a minute)")]


async def test_without_network_there_is_not_even_a_socket(start: Any) -> None:
    with listening() as server:
        bench = await start(RAW)
        assert list((await bench.run({"host": "127.0.0.1", "port": server.port})).errors) == ["n"]
        assert server.visits == []
