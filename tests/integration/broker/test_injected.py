"""Secrets that the engine adds and nodes never see: who gets them, asked of the server that would have got them."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.integration.broker.conftest import MakeBroker, listed
from tests.integration.broker.servers import (
    Addresses,
    Certificates,
    Phonebook,
    Server,
    answering,
    fetch,
    redirecting,
    reply,
    serving,
)
from tests.integration.broker.test_failures import failure
from tests.integration.broker.test_requests import got

from pipedreamer.spec.permissions import Permissions

SECRETS = {"github": {"token": "t0ken-value", "api_key": "k3y-value"}, "stripe": {"token": "str1pe-value"}}
INJECTED = Permissions(inject=("github",), declared=True)


def sent(server: Server) -> list[tuple[str | None, str | None]]:
    return [(seen.header("Authorization"), seen.header("X-API-Key")) for seen in server.received]


async def test_the_services_own_api_gets_it(make_broker: MakeBroker, certificates: Certificates) -> None:
    async with serving(answering(reply(b"ok")), certificates.server_context()) as server:
        broker = make_broker(SECRETS, resolve=Phonebook({"api.github.com": server.port}), permissions=INJECTED)
        await got(broker, fetch("/user", service="github", ca=certificates.ca))
        await got(broker, fetch("https://api.github.com/user", service="github", ca=certificates.ca))
    assert sent(server) == [("Bearer t0ken-value", "k3y-value")] * 2


@pytest.mark.parametrize("entry", ["github.example", "127.0.0.1"])
async def test_a_host_that_the_author_named_gets_it(
    make_broker: MakeBroker, certificates: Certificates, entry: str
) -> None:
    async with serving(answering(reply(b"ok")), certificates.server_context()) as server:
        permissions = listed(f"{entry}:{server.port}", inject=("github",))
        broker = make_broker(SECRETS, resolve=Addresses("127.0.0.1"), permissions=permissions)
        await got(broker, fetch(server.url("/", "https", entry), service="github", ca=certificates.ca))
    assert sent(server) == [("Bearer t0ken-value", "k3y-value")]


@pytest.mark.parametrize("net", ["any", "127.0.0.0/8"])
async def test_a_host_that_nobody_named_gets_nothing_not_even_a_connection(
    make_broker: MakeBroker, certificates: Certificates, net: str
) -> None:
    async with serving(answering(reply(b"ok")), certificates.server_context()) as server:
        permissions = INJECTED if net == "any" else listed(f"{net}:{server.port}", inject=("github",))
        said = await failure(
            make_broker(SECRETS, permissions=permissions),
            fetch(server.url("/", "https"), service="github", ca=certificates.ca),
        )
    assert said == (
        "ctx.fetch('github'): the secret github is sent only to api.github.com and to hosts that permissions.net "
        f'names, because permissions.inject has it: add "127.0.0.1:{server.port}" to permissions.net'
    )
    assert server.connections == 0


async def test_another_port_of_the_services_api_is_not_its_api(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with serving(answering(reply(b"ok")), certificates.server_context()) as server:
        broker = make_broker(SECRETS, resolve=Addresses("127.0.0.1"), permissions=INJECTED)
        await failure(broker, fetch(server.url("/", "https", "api.github.com"), service="github", ca=certificates.ca))
    assert server.connections == 0


async def test_it_is_not_sent_unencrypted_but_to_this_machine(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        port = server.port
        permissions = listed(f"github.example:{port}", f"127.0.0.1:{port}", f"localhost:{port}", inject=("github",))
        broker = make_broker(SECRETS, resolve=Addresses("127.0.0.1"), permissions=permissions)
        said = await failure(broker, fetch(server.url(host="github.example"), service="github"))
        assert said.endswith("the secret github is sent over https:// only, because permissions.inject has it")
        assert server.connections == 0
        for host in ("127.0.0.1", "localhost"):
            await got(broker, fetch(server.url(host=host), service="github"))
    assert sent(server) == [("Bearer t0ken-value", "k3y-value")] * 2


async def test_a_fetch_that_would_not_carry_it_goes_anywhere(make_broker: MakeBroker) -> None:
    own = (("authorization", "mine"), ("x-api-key", "mine"))
    async with serving(answering(reply(b"ok"))) as server:
        broker = make_broker(SECRETS, permissions=INJECTED)
        await got(broker, fetch(server.url(), "GET", *own, service="github"))
        await got(broker, fetch(server.url(), service="elsewhere"))
        await failure(broker, fetch(server.url(), "GET", own[0], service="github"))  # the other one would be added
    assert sent(server) == [("mine", "mine"), (None, None)]


@pytest.mark.parametrize("host", ["github.example", "localhost"])
async def test_it_stays_behind_on_a_redirect_to_another_origin_also_a_named_one(
    make_broker: MakeBroker, certificates: Certificates, host: str
) -> None:
    tls = certificates.server_context()
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(serving(answering(reply(b"other")), tls))
        first = await stack.enter_async_context(serving(redirecting(other.url("/", "https", host)), tls))
        permissions = listed(f"127.0.0.1:{first.port}", f"{host}:{other.port}", inject=("github",))
        broker = make_broker(SECRETS, resolve=Addresses("127.0.0.1"), permissions=permissions)
        await got(broker, fetch(first.url("/start", "https"), service="github", ca=certificates.ca))
    assert (sent(first), sent(other)) == ([("Bearer t0ken-value", "k3y-value")], [(None, None)])


async def test_it_goes_along_on_a_redirect_within_the_origin(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with serving(redirecting("/next"), certificates.server_context()) as server:
        permissions = listed(f"127.0.0.1:{server.port}", inject=("github",))
        broker = make_broker(SECRETS, permissions=permissions)
        await got(broker, fetch(server.url("/start", "https"), service="github", ca=certificates.ca))
    assert sent(server) == [("Bearer t0ken-value", "k3y-value")] * 2


async def test_what_the_node_gets_does_not_show_it(make_broker: MakeBroker, certificates: Certificates) -> None:
    async with serving(answering(reply(b"ok")), certificates.server_context()) as server:
        broker = make_broker(SECRETS, resolve=Phonebook({"api.github.com": server.port}), permissions=INJECTED)
        async with broker.open(fetch("/user", service="github", ca=certificates.ca)) as answer:
            shown = f"{answer.url} {answer.headers}"
    said = await failure(broker, fetch("/t0ken-value", service="github", ca=certificates.ca))
    assert sent(server) == [("Bearer t0ken-value", "k3y-value")]
    assert "value" not in shown + said


# which secrets are used at all


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ({}, "Bearer str1pe-value"),
        ({"secrets": ("stripe",)}, "Bearer str1pe-value"),
        ({"secrets": ("stripe",), "inject": ("github",)}, "Bearer str1pe-value"),
        ({"secrets": ("github",)}, None),
        ({"secrets": (), "inject": ("github",)}, None),
    ],
)
async def test_a_secret_that_is_not_granted_is_not_used(
    make_broker: MakeBroker, permissions: dict[str, Any], expected: str | None
) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        broker = make_broker(SECRETS, permissions=Permissions(**permissions, declared=True))
        await got(broker, fetch(server.url(), service="stripe"))
    assert sent(server) == [(expected, None)]
