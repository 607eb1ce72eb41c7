"""When no answer comes, the message says what was asked for and why it failed, and no secret."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from tests.integration.broker.conftest import MakeBroker
from tests.integration.broker.servers import (
    Certificates,
    Handler,
    Phonebook,
    Received,
    answering,
    fetch,
    make_certificates,
    reply,
    serving,
)

from pipedreamer import FetchError
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.sandbox.protocol import Fetch


async def failure(broker: HttpBroker, request: Fetch) -> str:
    """The message of the error that this fetch ends with."""

    async def read() -> None:
        async with broker.open(request) as answer:
            async for _ in answer.chunks():
                pass

    with pytest.raises(FetchError) as caught:
        await read()
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def half(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(reply(b"half", length=8))
    await asyncio.Event().wait()


async def reset(request: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    assert isinstance(port, int)
    return port


async def test_the_message_names_the_address_without_user_password_and_query(
    make_broker: MakeBroker, closed_port: int
) -> None:
    said = await failure(make_broker(), fetch(f"http://user:pa55word@127.0.0.1:{closed_port}/a/b?key=s3cret#x", "PUT"))
    assert said == f"PUT http://127.0.0.1:{closed_port}/a/b: connection refused"


async def test_a_secret_in_the_path_is_masked(make_broker: MakeBroker, closed_port: int) -> None:
    broker = make_broker({"telegram": {"token": "123:ABC/def+gh"}})
    said = await failure(broker, fetch(f"http://127.0.0.1:{closed_port}/bot123%3AABC%2Fdef%2Bgh/send"))
    assert said == f"GET http://127.0.0.1:{closed_port}/bot***/send: connection refused"


async def test_an_unknown_name(make_broker: MakeBroker) -> None:
    said = await failure(make_broker(), fetch("https://no-such-name.invalid/"))
    assert said.startswith("GET https://no-such-name.invalid/: the name no-such-name.invalid ")
    assert said.endswith(("was not found", "cannot be looked up now (no answer from DNS)"))


@pytest.mark.parametrize("handle", [silent, half])
async def test_a_timeout_of_the_nodes_own(make_broker: MakeBroker, handle: Handler) -> None:
    async with serving(handle) as server:
        said = await failure(make_broker(), fetch(server.url("/x"), timeout=0.2))
    assert said == f"GET {server.url('/x')}: timed out after 200ms"


@pytest.mark.parametrize("handle", [silent, half])
async def test_a_server_that_falls_silent(make_broker: MakeBroker, handle: Handler) -> None:
    async with serving(handle) as server:
        said = await failure(make_broker(silence_s=0.2), fetch(server.url("/x")))
    assert said.endswith("/x: the server sent nothing for 200ms (a longer `timeout` can be given)")


async def test_a_timeout_of_the_nodes_own_may_be_longer_than_the_silence_allowed(make_broker: MakeBroker) -> None:
    async def slow(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(reply(b"x"))

    async with serving(slow) as server, make_broker(silence_s=0.1).open(fetch(server.url(), timeout=60)) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), float("inf")])
async def test_a_timeout_that_is_no_time(make_broker: MakeBroker, seconds: float) -> None:
    said = await failure(make_broker(), fetch("http://127.0.0.1/", timeout=seconds))
    assert said == "ctx.fetch('svc'): the timeout must be a number of seconds above 0"


async def test_a_connection_that_cannot_be_made_in_time(make_broker: MakeBroker) -> None:
    async def resolve(host: str, port: int, /) -> Sequence[tuple[str, int]]:
        await asyncio.Event().wait()
        return []

    said = await failure(make_broker(resolve=resolve, connect_s=0.1), fetch("http://slow.example/"))
    assert said == "GET http://slow.example/: no connection within 100ms"


async def test_a_connection_that_is_reset(make_broker: MakeBroker) -> None:
    async with serving(reset) as server:
        said = await failure(make_broker(), fetch(server.url()))
    assert said.endswith(("the server reset the connection", "the server closed the connection without an answer"))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the answer is not valid HTTP"),
        (reply(b"", "X: " + "x" * 70_000), "the answer's headers are larger than 65536 bytes"),
        (reply(b"", "X: " + "x" * 200_000), "the answer's headers are too large"),
    ],
)
async def test_an_answer_that_cannot_be_used(make_broker: MakeBroker, answer: bytes, message: str) -> None:
    async with serving(answering(answer)) as server:
        assert await failure(make_broker(), fetch(server.url("/x"))) == f"GET {server.url('/x')}: {message}"


async def test_requests_larger_than_the_limits_are_not_sent(make_broker: MakeBroker) -> None:
    async with serving(answering(reply())) as server:
        broker = make_broker(request_body=10)
        assert (await failure(broker, fetch(server.url(), "POST", body=b"x" * 11))).endswith(
            "the request's body is larger than 10 bytes"
        )
        for request in (fetch(server.url(), "GET", ("X", "x" * 65_536)), fetch(server.url("/" + "x" * 65_500))):
            assert (await failure(broker, request)).endswith(
                "the request's headers and URL are larger than 65536 bytes"
            )
    assert server.received == []


async def test_a_certificate_of_an_unknown_ca_is_not_trusted(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with serving(answering(reply()), certificates.server_context()) as server:
        said = await failure(make_broker(), fetch(server.url("/x", "https")))
        assert said.startswith(f"GET {server.url('/x', 'https')}: its certificate is not trusted: ")
        async with make_broker().open(fetch(server.url("/x", "https"), ca=certificates.ca)) as answer:
            assert answer.status == 200


async def test_a_certificate_for_another_name_is_not_trusted(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with serving(answering(reply()), certificates.server_context()) as server:
        broker = make_broker(resolve=Phonebook({}))
        said = await failure(broker, fetch(server.url("/", "https", "other.example"), ca=certificates.ca))
    assert "its certificate is not trusted: Hostname mismatch" in said


async def test_the_machines_own_certificates_are_trusted(
    make_broker: MakeBroker, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    async with serving(answering(reply()), certificates.server_context()) as server:
        request = fetch(server.url("/", "https"))
        async with make_broker().open(request) as answer:
            assert answer.status == 200


async def test_each_ca_has_connections_of_its_own_and_only_the_last_few_are_kept(
    make_broker: MakeBroker, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = make_certificates(tmp_path_factory.mktemp("other"), "IP:127.0.0.1").ca
    broker = make_broker()
    async with serving(answering(reply()), certificates.server_context()) as server:
        url = server.url("/", "https")
        async with broker.open(fetch(url, ca=certificates.ca)):
            pass
        assert "its certificate is not trusted" in await failure(broker, fetch(url, ca=other))
        async with broker.open(fetch(url, ca=certificates.ca)) as answer:
            assert [chunk async for chunk in answer.chunks()] == []
        for number in range(8):
            assert "not trusted" in await failure(broker, fetch(url, ca=other + "\n" * number))
        async with broker.open(fetch(url, ca=certificates.ca)):
            pass
        assert [seen.connection for seen in server.received] == sorted({seen.connection for seen in server.received})


@pytest.mark.parametrize("ca", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ü"])
async def test_a_ca_that_is_no_certificate(make_broker: MakeBroker, ca: str) -> None:
    said = await failure(make_broker(), fetch("https://127.0.0.1/", ca=ca))
    assert said == "GET https://127.0.0.1/: `ca` is not a certificate in PEM"


async def test_https_to_a_server_without_tls_and_the_other_way_round(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        said = await failure(make_broker(), fetch(f"https://127.0.0.1:{port}/"))
        assert said.endswith("is this an https:// server?")
    async with serving(answering(reply()), certificates.server_context()) as secure:
        said = await failure(make_broker(), fetch(secure.url()))
        assert said.endswith(("the server closed the connection without an answer", "reset the connection"))


@pytest.mark.parametrize(
    ("service", "path", "message"),
    [
        ("svc", "users", 'the path must begin with "/", or be a whole URL with http:// or https://'),
        ("svc", "ftp://host/", 'the path must begin with "/", or be a whole URL with http:// or https://'),
        ("svc", "@evil.example/", 'the path must begin with "/", or be a whole URL with http:// or https://'),
        ("evil.example/", "/x", "there is no host api.evil.example/.com"),
        ("user@evil", "/x", "there is no host api.user@evil.com"),
        ("my_service", "/x", "there is no host api.my_service.com"),
        ("", "/x", "there is no host api..com"),
        ("svc", "http:///x", "the URL's host or port is none that can exist"),
        ("svc", "http://1.2.3.4.5/", "the URL's host or port is none that can exist"),
        ("svc", "http://[fe80::1%eth0]/", "the URL's host or port is none that can exist"),
        ("svc", "http://%31%32%37.0.0.1/", "the URL's host or port is none that can exist"),
        ("svc", "http://0177.0.0.1/", "this is not a URL"),
        ("svc", "http://a:0/", "the URL's host or port is none that can exist"),
        ("svc", "http://a b/", "the URL's host or port is none that can exist"),
        ("svc", "/x\r\nHost: evil", "this is not a URL"),
        ("svc", "http://[::1/", "this is not a URL"),
    ],
)
async def test_an_address_that_cannot_be(make_broker: MakeBroker, service: str, path: str, message: str) -> None:
    said = await failure(make_broker(), fetch(path, service=service))
    assert said.startswith(f"ctx.fetch({service!r}): {message}")


@pytest.mark.parametrize("method", ["CONNECT", "trace", "G T", "GET\r\nX: y", "", "ÄT"])
async def test_a_method_that_cannot_be_used(make_broker: MakeBroker, method: str) -> None:
    said = await failure(make_broker(), fetch("http://127.0.0.1/", method))
    assert said == "ctx.fetch('svc'): this method cannot be used"


# the seam for addresses


async def test_the_resolver_may_refuse_an_address(make_broker: MakeBroker) -> None:
    async def refuse(host: str, port: int, /) -> Sequence[tuple[str, int]]:
        raise FetchError(f"{host}:{port} is not permitted")

    said = await failure(make_broker(resolve=refuse), fetch("https://example.com/x"))
    assert said == "GET https://example.com/x: example.com:443 is not permitted"


async def test_the_next_address_is_tried_when_the_first_does_not_answer(
    make_broker: MakeBroker, closed_port: int
) -> None:
    async with serving(answering(reply())) as server:

        async def resolve(host: str, port: int, /) -> Sequence[tuple[str, int]]:
            return [("127.0.0.1", closed_port), ("127.0.0.1", server.port)]

        async with make_broker(resolve=resolve).open(fetch("http://two.example/")) as answer:
            assert answer.status == 200


async def test_a_name_without_addresses(make_broker: MakeBroker) -> None:
    async def resolve(host: str, port: int, /) -> Sequence[tuple[str, int]]:
        return []

    said = await failure(make_broker(resolve=resolve), fetch("http://none.example/"))
    assert said == "GET http://none.example/: the name none.example has no address"


# other kinds, the end


async def test_the_cluster_is_not_reached_by_this_broker(make_broker: MakeBroker) -> None:
    request: Any = Fetch(1, 1, 0, "k8s", "", "/api/v1/nodes", "GET", (), None, None, None)
    assert await failure(make_broker(), request) == "ctx.k8s needs a cluster: there is none here"


async def test_closing_ends_fetches_under_way_and_refuses_later_ones(make_broker: MakeBroker) -> None:
    broker = make_broker()
    async with serving(half) as server:
        async with broker.open(fetch(server.url("/x"))) as answer:
            chunks = answer.chunks()
            assert await anext(chunks) == b"half"
            await broker.close()
            with pytest.raises(FetchError, match=r"/x: the connection broke off"):
                await anext(chunks)
        assert await failure(broker, fetch(server.url())) == "the engine is stopping: no fetch is begun any more"
