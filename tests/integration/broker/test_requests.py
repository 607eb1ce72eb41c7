"""What reaches the server: address, headers, body, redirects."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.integration.broker.conftest import MakeBroker
from tests.integration.broker.servers import (
    Certificates,
    Phonebook,
    Received,
    answering,
    fetch,
    redirecting,
    reply,
    serving,
)

from pipedreamer import FetchError
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.sandbox.protocol import Fetch
from pipedreamer.version import __version__

SECRETS = {"svc": {"token": "t0ken-value", "api_key": "k3y-value"}}


async def got(broker: HttpBroker, request: Fetch) -> tuple[int, bytes]:
    async with broker.open(request) as answer:
        return answer.status, b"".join([chunk async for chunk in answer.chunks()])


async def test_a_service_and_a_path_go_to_the_services_api_with_its_token(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with serving(answering(reply(b"[]")), certificates.server_context()) as server:
        broker = make_broker({"github": {"token": "ghp_123456"}}, resolve=Phonebook({"api.github.com": server.port}))
        request = fetch("/user/repos?per_page=5#top", service="github", ca=certificates.ca)
        async with broker.open(request) as answer:
            assert (answer.status, answer.url) == (200, "https://api.github.com/user/repos?per_page=5")
            assert [chunk async for chunk in answer.chunks()] == [b"[]"]
    seen = server.received[0]
    assert (seen.method, seen.target, seen.header("Host")) == ("GET", "/user/repos?per_page=5", "api.github.com")
    assert seen.header("Authorization") == "Bearer ghp_123456"
    assert seen.header("X-API-Key") is None
    assert seen.header("User-Agent") == f"pipedreamer/{__version__}"
    assert seen.header("Content-Length") is None


@pytest.mark.parametrize(("service", "target"), [("my-service", ""), ("My-Service", "?a=b")])
async def test_an_empty_path_is_the_root(
    make_broker: MakeBroker, certificates: Certificates, service: str, target: str
) -> None:
    async with serving(answering(reply(b"root")), certificates.server_context()) as server:
        broker = make_broker(resolve=Phonebook({"api.my-service.com": server.port}))
        assert await got(broker, fetch(target, service=service, ca=certificates.ca)) == (200, b"root")
    assert server.received[0].target == f"/{target}"


async def test_a_whole_url_is_used_as_it_is_with_both_secrets(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"ok"))) as server:
        assert await got(make_broker(SECRETS), fetch(server.url("/a b/ü?q=x%20y"))) == (200, b"ok")
    seen = server.received[0]
    assert seen.target == "/a%20b/%C3%BC?q=x%20y"
    assert seen.header("Host") == f"127.0.0.1:{server.port}"
    assert (seen.header("Authorization"), seen.header("X-API-Key")) == ("Bearer t0ken-value", "k3y-value")


async def test_a_header_that_the_node_set_wins_in_any_case(make_broker: MakeBroker) -> None:
    headers = (("AUTHORIZATION", "Mine"), ("x-api-key", "mine"), ("user-agent", "me"), ("accept", "a/b"))
    async with serving(answering(reply())) as server:
        await got(make_broker(SECRETS), fetch(server.url(), "GET", *headers))
    values = {name.lower(): value for name, value in server.received[0].headers}
    assert values.items() >= {name.lower(): value for name, value in headers}.items()
    assert len(values) == len(server.received[0].headers)


async def test_user_and_password_of_a_url_are_sent_and_told_nobody(make_broker: MakeBroker) -> None:
    async with serving(answering(reply())) as server:
        url = server.url("/x").replace("//", "//us%40er:pa%3Ass@")
        async with make_broker(SECRETS).open(fetch(url)) as answer:
            assert answer.url == server.url("/x")
    assert server.received[0].header("Authorization") == "Basic dXNAZXI6cGE6c3M="


async def test_secrets_are_read_at_each_fetch_so_that_rotated_ones_count(make_broker: MakeBroker) -> None:
    secrets: dict[str, Any] = {"svc": {"token": "one"}}
    broker = make_broker(lambda: secrets)
    async with serving(answering(reply())) as server:
        await got(broker, fetch(server.url()))
        secrets = {"svc": {"token": "two"}}
        await got(broker, fetch(server.url()))
    assert [seen.header("Authorization") for seen in server.received] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize("method", ["POST", "post", "PUT", "PATCH", "DELETE", "QUERY"])
async def test_a_body_is_sent_with_its_length(make_broker: MakeBroker, method: str) -> None:
    body = b"\0\xff" * 100_000
    async with serving(answering(reply())) as server:
        await got(make_broker(), fetch(server.url(), method, ("Content-Length", "7"), body=body))
    assert server.received[0].method == method.upper()
    assert server.received[0].body == body


async def test_a_post_without_a_body_says_so(make_broker: MakeBroker) -> None:
    async with serving(answering(reply())) as server:
        await got(make_broker(), fetch(server.url(), "POST"))
    assert server.received[0].header("Content-Length") == "0"


async def test_no_cookie_is_kept_and_no_proxy_of_the_environment_used(
    make_broker: MakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    broker = make_broker()
    async with serving(answering(reply(b"", "Set-Cookie: a=b"))) as server:
        await got(broker, fetch(server.url()))
        await got(broker, fetch(server.url()))
    assert [seen.header("Cookie") for seen in server.received] == [None, None]


async def test_an_error_status_is_an_answer(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"no", status="503 Down"))) as server:
        assert await got(make_broker(), fetch(server.url())) == (503, b"no")


# redirects


async def test_a_redirect_on_the_same_origin_keeps_credentials_and_connection(make_broker: MakeBroker) -> None:
    async with serving(redirecting("/next?a=b#part")) as server:
        request = fetch(server.url("/start"), "GET", ("Cookie", "c=1"))
        async with make_broker(SECRETS).open(request) as answer:
            assert (answer.status, answer.url) == (200, server.url("/next?a=b"))
    second = server.received[1]
    assert (second.target, second.connection) == ("/next?a=b", 1)
    credentials = [second.header(name) for name in ("Authorization", "X-API-Key", "Cookie")]
    assert credentials == ["Bearer t0ken-value", "k3y-value", "c=1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_credentials_stay_behind_when_port_or_host_change(make_broker: MakeBroker, host: str) -> None:
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(serving(answering(reply(b"other"))))
        first = await stack.enter_async_context(serving(redirecting(other.url("/", host=host).replace("//", "//u:p@"))))
        headers = (("cookie", "c=1"), ("X-Own", "stays"))
        broker = make_broker(SECRETS, resolve=Phonebook({}))
        async with broker.open(fetch(first.url("/start"), "GET", *headers)) as answer:
            assert answer.url == other.url("/", host=host)
    seen = other.received[0]
    assert [seen.header(name) for name in ("Authorization", "X-API-Key", "Cookie", "X-Own")] == [
        None,
        None,
        None,
        "stays",
    ]
    assert seen.header("Host") == f"{host}:{other.port}"


async def test_credentials_of_the_nodes_own_stay_behind_too_and_do_not_come_back(make_broker: MakeBroker) -> None:
    away = ""

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        to = reply(b"", f"Location: {away}", status="302 Found")
        writer.write(to if request.target == "/start" else reply())

    async with serving(handle) as home, serving(redirecting(home.url("/home"))) as other:
        away = other.url("/start")
        await got(make_broker(), fetch(home.url("/start"), "GET", ("Authorization", "Mine")))
    assert [seen.header("Authorization") for seen in (*home.received, *other.received)] == ["Mine", None, None]


async def test_credentials_stay_behind_on_the_way_from_https_to_http(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(serving(answering(reply())))
        secure = await stack.enter_async_context(
            serving(redirecting(plain.url("/x", host="api.github.com")), certificates.server_context())
        )
        entries = {"api.github.com": secure.port}

        async def resolve(host: str, port: int, /) -> list[tuple[str, int]]:
            return [("127.0.0.1", entries[host] if port == 443 else port)]

        broker = make_broker({"github": SECRETS["svc"]}, resolve=resolve)
        await got(broker, fetch("/start", service="github", ca=certificates.ca))
    assert secure.received[0].header("Authorization") == "Bearer t0ken-value"
    assert plain.received[0].header("Authorization") is None


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        ("301 Moved", "POST", "GET"),
        ("302 Found", "POST", "GET"),
        ("303 See Other", "POST", "GET"),
        ("303 See Other", "PUT", "GET"),
        ("303 See Other", "HEAD", "HEAD"),
        ("301 Moved", "PUT", "PUT"),
        ("302 Found", "DELETE", "DELETE"),
        ("307 Temporary", "POST", "POST"),
        ("308 Permanent", "PATCH", "PATCH"),
    ],
)
async def test_method_and_body_after_a_redirect_are_as_in_browsers(
    make_broker: MakeBroker, status: str, method: str, becomes: str
) -> None:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        to = f"HTTP/1.1 {status}\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n".encode()
        writer.write(to if request.target == "/start" else reply())

    async with serving(handle) as server:
        body = None if method == "HEAD" else b"body"
        await got(make_broker(), fetch(server.url("/start"), method, ("Content-Type", "a/b"), body=body))
    second = server.received[1]
    is_kept = method == becomes and method != "HEAD"
    assert (second.method, second.body) == (becomes, b"body" if is_kept else b"")
    assert (second.header("Content-Type") is not None) == (method == becomes)


async def test_ten_redirects_are_followed_and_no_more(make_broker: MakeBroker) -> None:
    async def count_down(request: Received, writer: asyncio.StreamWriter) -> None:
        left = int(request.target[1:])
        writer.write(reply(b"", f"Location: /{left - 1}", status="302 Found") if left else reply(b"there"))

    async with serving(count_down) as server:
        assert await got(make_broker(), fetch(server.url("/10"))) == (200, b"there")
        with pytest.raises(FetchError, match=r"GET http://.*/11 \(redirected to .*/0\): was redirected more than 10"):
            await got(make_broker(), fetch(server.url("/11")))


@pytest.mark.parametrize("location", ["ftp://example.com/", "file:///etc/passwd", "http://a:99999/", "//[::1"])
async def test_a_redirect_to_something_else_than_http_is_refused(make_broker: MakeBroker, location: str) -> None:
    async with serving(redirecting(location)) as server:
        with pytest.raises(FetchError, match=r"GET http://127.0.0.1:\d+/start: (only http|the URL's|was redirected)"):
            await got(make_broker(), fetch(server.url("/start")))
    assert len(server.received) == 1


@pytest.mark.parametrize("status", ["300 Choices", "304 Not Modified", "302 Found"])
async def test_a_redirect_that_leads_nowhere_is_an_answer(make_broker: MakeBroker, status: str) -> None:
    location = () if status == "302 Found" else ("Location: /x",)
    async with serving(answering(reply(b"", *location, status=status))) as server:
        assert await got(make_broker(), fetch(server.url())) == (int(status[:3]), b"")
    assert len(server.received) == 1


async def test_the_long_body_of_a_redirect_is_not_read(make_broker: MakeBroker) -> None:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.target != "/start":
            writer.write(reply(b"there"))
            return
        writer.write(reply(b"", "Location: /next", status="302 Found", length=2**40))
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serving(handle) as server:
        assert await got(make_broker(), fetch(server.url("/start"))) == (200, b"there")
    assert [seen.connection for seen in server.received] == [1, 2]
