"""The fetch that TypeScript has of its own goes by way of the broker, with or without a kernel that asks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.integration.broker.conftest import MakeBroker, listed
from tests.integration.broker.servers import (
    Certificates,
    Received,
    answering,
    fetch,
    redirecting,
    reply,
    serving,
)

from pipedreamer import FetchError

TRY = """
    export default async function run(_: unknown, input: { urls: string[] }) {
      const seen: string[] = [];
      for (const url of input.urls) {
        try {
          const response = await fetch(url);
          seen.push(`${response.status} ${await response.text()}`);
        } catch (error) {
          seen.push(error instanceof TypeError ? "TypeError" : `${error}`);
        }
      }
      return seen;
    }
"""
RunNode = Callable[..., Awaitable[Any]]


@pytest.fixture
def returned(write_workflow: Any, start_session: Any, make_broker: MakeBroker) -> RunNode:
    """`returned(body, input)` -> what a TypeScript node with this body returns."""

    async def returned(body: str, given: Any = None, **options: Any) -> Any:
        node = body if "export default" in body else f"export default async (ctx: any, input: any) => {{ {body} }};"
        folder = write_workflow({"n.ts": node})
        broker = options.pop("broker", None) or make_broker()
        result = await (await start_session(folder, broker=broker, **options)).run(given or {})
        assert result.errors == {}
        return result.output("n")

    return returned


@pytest.mark.parametrize("notify", [True, False])
async def test_declared_hosts_are_reached_by_name_and_address_and_no_others(
    notify: bool, returned: RunNode, make_broker: MakeBroker
) -> None:
    async with serving(answering(reply(b"hello"))) as declared, serving(answering(reply(b"secret"))) as other:
        urls = [
            f"http://localhost:{declared.port}/",
            f"http://127.0.0.1:{declared.port}/",
            f"http://2130706433:{declared.port}/",
            f"http://127.0.0.1:{other.port}/",
            f"http://localhost:{other.port}/",
            f"http://[::ffff:127.0.0.1]:{other.port}/",
            f"http://2130706433:{other.port}/",
            "http://169.254.169.254/latest/meta-data/",
        ]
        permissions = listed(f"localhost:{declared.port}", f"127.0.0.1:{declared.port}")
        broker = make_broker(permissions=permissions)
        seen = await returned(TRY, {"urls": urls}, notify=notify, broker=broker)
    assert seen == ["200 hello"] * 3 + ["TypeError"] * 5
    assert other.received == []


async def test_it_sends_what_native_fetch_would_send_and_no_secret(returned: RunNode, make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"{}"))) as server:
        body = """
            const form = new FormData();
            form.set("a", "1");
            await fetch(new URL(input.url), { method: "put", body: "text", headers: { "X-One": "1" } });
            await fetch(new Request(input.url, { method: "POST", body: new URLSearchParams({ q: "a b" }) }));
            await fetch(input.url, { method: "POST", body: form });
        """
        await returned(body, {"url": server.url("/x?y=1#z")}, broker=make_broker({"": {"token": "no"}, "a": {}}))
    put, post, form = server.received
    assert (put.method, put.target, put.body, put.header("x-one")) == ("PUT", "/x?y=1", b"text", "1")
    assert put.header("authorization") is None
    assert (post.body, post.header("content-type")) == (b"q=a+b", "application/x-www-form-urlencoded;charset=UTF-8")
    assert b'name="a"' in form.body


async def test_redirects_are_followed_given_or_an_error_as_asked(returned: RunNode) -> None:
    async with serving(redirecting("/end")) as server:
        body = """
            const { url } = input;
            const followed = (await fetch(url)).clone();
            const plain = await fetch(followed.url);
            const given = await fetch(url, { redirect: "manual" });
            const error = await fetch(url + "?token=hidden", { redirect: "error" }).catch((error) => error);
            return [
              [followed.status, followed.redirected, new URL(followed.url).pathname, await followed.text()],
              plain.redirected,
              [given.status, given.redirected, given.headers.get("location"), await given.text()],
              [error instanceof TypeError, error.message],
            ];
        """
        seen = await returned(body, {"url": server.url("/start")})
    assert seen[:3] == [[200, True, "/end", "arrived"], False, [302, False, "/end", "gone"]]


async def test_a_redirect_that_may_not_be_is_an_error_without_the_query(returned: RunNode) -> None:
    async with serving(answering(reply(status="302 Found"))) as server:
        body = 'return await fetch(input.url, { redirect: "error" }).catch((error) => [error.name, error.message]);'
        name, message = await returned(body, {"url": server.url("/start?token=hidden")})
    assert name == "FetchError"
    assert message == f'GET {server.url("/start")}: was redirected, which `redirect: "error"` forbids'


async def test_a_client_brings_the_certificates_that_it_trusts(returned: RunNode, certificates: Certificates) -> None:
    async with serving(answering(reply(b"hello")), certificates.server_context()) as server:
        body = """
            const client = Deno.createHttpClient({ caCerts: [input.ca] });
            const trusted = await (await fetch(input.url, { client })).text();
            client.close();
            return [trusted, await fetch(input.url).catch((error) => error.message)];
        """
        url = server.url(scheme="https", host="localhost")
        trusted, message = await returned(body, {"url": url, "ca": certificates.ca})
    assert trusted == "hello"
    assert "its certificate is not trusted" in message


async def test_an_answer_may_be_as_large_and_slow_as_the_attempt_allows(
    returned: RunNode, make_broker: MakeBroker
) -> None:
    async def slow(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(length=300_000))
        for _ in range(3):
            writer.write(b"x" * 100_000)
            await asyncio.sleep(0.2)

    async with serving(slow) as server:
        broker = make_broker(response_body=1000, silence_s=0.05)
        body = "return (await (await fetch(input.url)).arrayBuffer()).byteLength;"
        assert await returned(body, {"url": server.url()}, broker=broker) == 300_000
        with pytest.raises(FetchError):
            async with broker.open(fetch(server.url())) as answer:
                [_ async for _ in answer.chunks()]


async def test_a_body_streams_in_and_ends_when_the_node_has_enough(returned: RunNode) -> None:
    ended = asyncio.Event()

    async def endless(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(length=2**50))
        try:
            while not writer.is_closing():
                writer.write(b"data: x\n\n" * 1000)
                await writer.drain()
        finally:
            ended.set()

    async with serving(endless) as server:
        body = """
            let size = 0;
            for await (const piece of (await fetch(input.url)).body!) {
              size += piece.byteLength;
              if (size > 5_000_000) break;
            }
            return size > 5_000_000;
        """
        assert await returned(body, {"url": server.url()}) is True
        async with asyncio.timeout(10):
            await ended.wait()


async def test_a_signal_ends_it(returned: RunNode) -> None:
    async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with serving(silent) as server:
        body = """
            const timed = await fetch(input.url, { signal: AbortSignal.timeout(50) }).catch((error) => error.name);
            const request = new Request(input.url, { signal: AbortSignal.abort("enough") });
            return [timed, await fetch(request).catch((error) => error)];
        """
        assert await returned(body, {"url": server.url()}) == ["TimeoutError", "enough"]


async def test_what_is_no_http_is_as_it_was(returned: RunNode) -> None:
    body = """
        const blob = URL.createObjectURL(new Blob(["blob"]));
        const texts = ["data:text/plain,hello", blob, import.meta.url].map(async (url) => (await fetch(url)).text());
        const bad = ["/relative", "ftp://127.0.0.1/"].map((url) => fetch(url).catch((error) => error.name));
        return [...await Promise.all(texts), ...await Promise.all(bad)];
    """
    data, blob, itself, *bad = await returned(body)
    assert (data, blob, bad) == ("hello", "blob", ["TypeError", "TypeError"])
    assert "createObjectURL" in itself
