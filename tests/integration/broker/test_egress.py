"""What is not declared, or never reached, gets no connection: asked of the listener that would have got it.

`0.0.0.0` stands for the addresses that nodes never reach: on Linux a connection to it arrives at loopback, so that a
broker which let it through would be seen.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.integration.broker.conftest import MakeBroker, listed
from tests.integration.broker.servers import (
    Addresses,
    Certificates,
    Handler,
    Received,
    answering,
    fetch,
    redirecting,
    reply,
    serving,
    serving_http2,
)
from tests.integration.broker.test_failures import failure
from tests.integration.broker.test_requests import got

UNSPECIFIED = "0.0.0.0"  # noqa: S104
SPELLINGS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0x7f000001",
    "0X7F.1",
    "2130706433",
    "017700000001",
    "127.0.0.0x1",
    "127。0。0。1",
    "localhost",
    "LOCALHOST.",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:FFFF:7F00:1]",
]


# names and ports


async def test_a_declared_host_and_port_are_reached(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        broker = make_broker(permissions=listed(f"127.0.0.1:{server.port}", f"localhost:{server.port}"))
        assert await got(broker, fetch(server.url())) == (200, b"ok")
        assert await got(broker, fetch(server.url(host="localhost"))) == (200, b"ok")
    assert [seen.header("Host") for seen in server.received] == [
        f"{h}:{server.port}" for h in ("127.0.0.1", "localhost")
    ]


async def test_what_is_not_declared_is_neither_looked_up_nor_connected_to(make_broker: MakeBroker) -> None:
    addresses = Addresses("127.0.0.1")
    async with serving(answering(reply())) as server:
        broker = make_broker(resolve=addresses, permissions=listed("other.example:443"))
        said = await failure(broker, fetch(server.url("/x?q", host="Evil.example")))
    port = server.port
    assert (
        said == f"ctx.fetch('svc'): evil.example:{port} is not declared: add \"evil.example:{port}\" to permissions.net"
    )
    assert (addresses.asked, server.connections) == ([], 0)


async def test_another_port_of_a_declared_host_is_not_reached(make_broker: MakeBroker) -> None:
    async with serving(answering(reply())) as server:
        broker = make_broker(resolve=Addresses("127.0.0.1"), permissions=listed("a.example:443"))
        said = await failure(broker, fetch(server.url(host="a.example")))
    assert f"a.example:{server.port} is declared for port 443 and not {server.port}" in said
    assert server.connections == 0


async def test_a_name_that_leads_to_a_declared_network_is_not_declared_by_it(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        broker = make_broker(resolve=Addresses("127.0.0.1"), permissions=listed(f"127.0.0.0/8:{server.port}"))
        await failure(broker, fetch(server.url(host="a.example")))
        assert server.connections == 0
        assert await got(broker, fetch(server.url())) == (200, b"ok")


async def test_a_wildcard_reaches_no_private_address_and_an_exact_name_does(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        port = server.port
        wild = make_broker(resolve=Addresses("127.0.0.1"), permissions=listed(f"*.example:{port}"))
        said = await failure(wild, fetch(server.url("/", host="db.example")))
        assert server.connections == 0
        exact = make_broker(
            resolve=Addresses("127.0.0.1"), permissions=listed(f"*.example:{port}", f"db.example:{port}")
        )
        assert await got(exact, fetch(server.url("/", host="db.example"))) == (200, b"ok")
    assert said.endswith(
        f'db.example:{port} leads to a private address, which "*.example:{port}" does not cover: '
        f'add "db.example:{port}" to permissions.net'
    )


async def test_nothing_is_reached_with_none(make_broker: MakeBroker) -> None:
    async with serving(answering(reply())) as server:
        await failure(make_broker(permissions=listed()), fetch(server.url()))
    assert server.connections == 0


# addresses


@pytest.mark.parametrize("host", SPELLINGS)
async def test_every_spelling_of_an_address_reaches_it_where_that_is_allowed(
    make_broker: MakeBroker, host: str
) -> None:
    """Without this the next test would prove nothing."""
    async with serving(answering(reply(b"ok"))) as server:
        assert await got(make_broker(), fetch(server.url(host=host))) == (200, b"ok")


@pytest.mark.parametrize("host", [*SPELLINGS, UNSPECIFIED, "0", "[::ffff:0.0.0.0]", "127.9.9.9", "[::127.0.0.1]"])
async def test_the_engines_own_port_is_reached_by_no_spelling(make_broker: MakeBroker, host: str) -> None:
    async with serving(answering(reply()), host=UNSPECIFIED) as server:
        broker = make_broker(own_ports=lambda: {server.port})
        said = await failure(broker, fetch(server.url(host=host)))
    assert "never reached, whatever is declared" in said
    assert server.connections == 0


async def test_the_engines_own_port_is_not_reached_where_it_is_declared(make_broker: MakeBroker) -> None:
    async with serving(answering(reply())) as server:
        permissions = listed(f"127.0.0.1:{server.port}", f"me.example:{server.port}")
        broker = make_broker(resolve=Addresses("127.0.0.1"), permissions=permissions, own_ports=lambda: {server.port})
        for host in ("127.0.0.1", "me.example"):
            assert "is a port" in (await failure(broker, fetch(server.url(host=host)))).replace("leads to", "is")
    assert server.connections == 0


@pytest.mark.parametrize("host", ["169.254.169.254", "0xa9fea9fe", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]"])
@pytest.mark.parametrize("is_declared", [True, False])
async def test_metadata_is_refused_at_once_also_where_it_is_declared(
    make_broker: MakeBroker, host: str, is_declared: bool
) -> None:
    entries = listed("169.254.169.254:80", "64:ff9b::a9fe:a9fe:80")
    broker = make_broker(permissions=entries if is_declared else None, connect_s=60)
    said = await failure(broker, fetch(f"http://{host}/latest/meta-data/"))
    assert "never reached, whatever is declared: it is a metadata service of the cloud" in said


@pytest.mark.parametrize("forbidden", [UNSPECIFIED, "::ffff:0.0.0.0", "::", "::0:0"])
async def test_a_name_that_leads_to_a_forbidden_address_is_not_connected_to(
    make_broker: MakeBroker, forbidden: str
) -> None:
    async with serving(answering(reply())) as server:
        broker = make_broker(resolve=Addresses(forbidden), permissions=listed(f"a.example:{server.port}"))
        said = await failure(broker, fetch(server.url(host="a.example")))
    assert "leads to an address that is never reached, whatever is declared: it is no address" in said
    assert server.connections == 0


async def test_of_several_addresses_only_the_allowed_ones_are_tried(make_broker: MakeBroker) -> None:
    """The forbidden one is tried first, and would answer."""
    async with serving(answering(reply(b"ok"))) as server:
        broker = make_broker(resolve=Addresses([UNSPECIFIED, "127.0.0.2"]))
        said = await failure(broker, fetch(server.url(host="a.example")))
    assert said.endswith("connection refused")
    assert server.connections == 0


# DNS that changes its mind


async def test_the_answer_that_was_checked_is_the_one_connected_to(make_broker: MakeBroker) -> None:
    addresses = Addresses("127.0.0.1", UNSPECIFIED)
    async with serving(answering(reply(b"ok"))) as server:
        assert await got(make_broker(resolve=addresses), fetch(server.url(host="a.example"))) == (200, b"ok")
    assert addresses.asked == ["a.example"]


async def test_a_name_that_leads_elsewhere_at_the_second_connection_is_checked_again(make_broker: MakeBroker) -> None:
    async def closing(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"ok", "Connection: close"))
        writer.close()

    async with serving(closing) as server:
        broker = make_broker(resolve=Addresses("127.0.0.1", UNSPECIFIED))
        assert await got(broker, fetch(server.url(host="a.example"))) == (200, b"ok")
        assert "it is no address that can be connected to" in await failure(broker, fetch(server.url(host="a.example")))
    assert server.connections == 1


# redirects


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_a_redirect_to_what_is_not_declared_sends_nothing_there(make_broker: MakeBroker, status: str) -> None:
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(serving(answering(reply())))
        first = await stack.enter_async_context(serving(redirecting(other.url("/b"), status)))
        broker = make_broker(permissions=listed(f"127.0.0.1:{first.port}"))
        said = await failure(broker, fetch(first.url("/start"), "POST", body=b"data"))
    assert said == (
        f"POST {first.url('/start')} (redirected to {other.url('/b')}): 127.0.0.1:{other.port} is declared for port "
        f'{first.port} and not {other.port}: add "127.0.0.1:{other.port}" to permissions.net'
    )
    assert (len(first.received), other.connections) == (1, 0)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "metadata.example", UNSPECIFIED, "0", "[::ffff:a9fe:a9fe]", "2852039166"]
)
async def test_a_redirect_to_a_forbidden_address_is_refused(make_broker: MakeBroker, host: str) -> None:
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(serving(answering(reply())))
        first = await stack.enter_async_context(serving(redirecting(other.url("/", host=host))))
        said = await failure(make_broker(resolve=Addresses(UNSPECIFIED)), fetch(first.url("/start")))
    assert "never reached, whatever is declared" in said
    assert other.connections == 0


async def test_a_redirect_to_the_engines_own_port_is_refused(make_broker: MakeBroker) -> None:
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(serving(answering(reply())))
        first = await stack.enter_async_context(serving(redirecting(engine.url("/run", host="127.1"))))
        broker = make_broker(own_ports=lambda: {engine.port})
        assert "a port of the engine itself" in await failure(broker, fetch(first.url("/start")))
    assert engine.connections == 0


async def test_each_hop_of_a_longer_way_is_checked(make_broker: MakeBroker) -> None:
    async with AsyncExitStack() as stack:
        last = await stack.enter_async_context(serving(answering(reply())))
        second = await stack.enter_async_context(serving(redirecting(last.url("/"))))
        first = await stack.enter_async_context(serving(redirecting(second.url("/start"))))
        broker = make_broker(permissions=listed(f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"))
        await failure(broker, fetch(first.url("/start")))
    assert (len(first.received), len(second.received), last.connections) == (1, 1, 0)


# kept connections


async def test_a_kept_connection_serves_no_other_host_at_the_same_address(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        permissions = listed(f"a.example:{server.port}", f"b.example:{server.port}")
        broker = make_broker(resolve=Addresses("127.0.0.1"), permissions=permissions)
        for host in ("a.example", "b.example", "a.example"):
            await got(broker, fetch(server.url(host=host)))
        await failure(broker, fetch(server.url(host="c.example")))
    assert [seen.connection for seen in server.received] == [1, 2, 1]


async def test_http2_shares_no_connection_between_hosts_of_one_certificate(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with serving_http2(certificates.server_context()) as server:
        permissions = listed(f"api.github.com:{server.port}", f"api.my-service.com:{server.port}")
        broker = make_broker(resolve=Addresses("127.0.0.1"), permissions=permissions)
        for host in ("api.github.com", "api.my-service.com"):
            await got(broker, fetch(server.url("/", "https", host), ca=certificates.ca))
        assert server.connections == 2
        await failure(broker, fetch(server.url("/", "https", "github.example"), ca=certificates.ca))
    assert [seen.header(":authority") for seen in server.received] == [
        f"{host}:{server.port}" for host in ("api.github.com", "api.my-service.com")
    ]


async def test_the_connections_of_one_workflow_serve_no_other_one(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        wide, narrow = make_broker(), make_broker(permissions=listed("a.example:443"))
        await got(wide, fetch(server.url()))
        await failure(narrow, fetch(server.url()))
        await got(wide, fetch(server.url()))
    assert (server.connections, len(server.received)) == (1, 2)


async def test_narrower_permissions_hold_at_once_for_kept_connections_too(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        allowed = listed(f"127.0.0.1:{server.port}")
        broker = make_broker(permissions=lambda: allowed)
        async with broker.open(fetch(server.url())) as answer:
            allowed = listed("other.example:443")
            await failure(broker, fetch(server.url()))
            assert [chunk async for chunk in answer.chunks()] == [b"ok"]
        allowed = listed(f"127.0.0.1:{server.port}", "other.example:443")
        await got(broker, fetch(server.url()))
    assert (server.connections, len(server.received)) == (2, 2)


# what a node could say to be sent elsewhere


@pytest.mark.parametrize("name", ["Host", "HTTP2-Settings", "Upgrade", "Proxy-Connection", ":authority"])
async def test_headers_that_would_lead_elsewhere_are_refused(make_broker: MakeBroker, name: str) -> None:
    async with serving(answering(reply())) as server:
        await failure(make_broker(), fetch(server.url(), "GET", (name, "internal.example")))
    assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://good.example@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@good.example/",
        "http://127.0.0.1:{port}?@good.example/",
        "http://127.0.0.1:{port}/@good.example/",
        "http://good.example:80@127.1:{port}/",
    ],
)
async def test_a_url_is_read_once_and_the_host_that_is_checked_is_the_host_that_is_asked(
    make_broker: MakeBroker, url: str
) -> None:
    async with serving(answering(reply())) as server:
        broker = make_broker(resolve=Addresses("127.0.0.1"), permissions=listed("good.example:80"))
        said = await failure(broker, fetch(url.format(port=server.port)))
    assert f"127.0.0.1:{server.port} is not declared" in said
    assert server.connections == 0


async def drip(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(reply(b"", length=10**9))
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.02)


async def hints(request: Received, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("handle", [drip, hints])
async def test_a_server_that_never_ends_is_left_when_the_nodes_time_is_over(
    make_broker: MakeBroker, handle: Handler
) -> None:
    async with serving(handle) as server:
        said = await failure(make_broker(), fetch(server.url(), timeout=0.3))
    assert said.endswith("timed out after 300ms")
