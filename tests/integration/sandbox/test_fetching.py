"""`ctx.fetch` from inside a node, through the engine, to a real server on loopback (contract: context)."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.runtime.settings import Settings

BIG = 9 * 1024 * 1024
SECRETS = {"github": {"token": "ghp-secret-token"}, "stripe": {"api_key": "sk-secret-key"}}


class Server:
    """Answers by path: /echo tells the request, /big sends 9 MiB, /slow never ends, anything else is 404."""

    def __init__(self) -> None:
        self.url = ""
        self.hung_up = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = request.split(" ")
        status, answer = "200 OK", b""
        if path == "/echo":
            seen = {"method": method, "headers": headers, "body": base64.b64encode(body).decode()}
            answer = str(seen).replace("'", '"').encode()
        elif path == "/big":
            answer = b"x" * BIG
        elif path == "/slow":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
            await writer.drain()
            await reader.read()
            self.hung_up.set()
        else:
            status, answer = "404 Not Found", b'{"message": "no"}'
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(answer)}\r\nX-Two: a\r\nX-Two: b\r\n".encode())
        writer.write(b"Connection: close\r\n\r\n" + answer)
        writer.close()


@asynccontextmanager
async def _serving() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with _serving() as server:
        yield server


@pytest.fixture
def start(write_workflow: Any, start_session: Any) -> Any:
    async def start(source: str, extra: str = "") -> Any:
        settings = Settings(config={}, secrets=SECRETS)
        folder = write_workflow({"n": source}, extra=extra)
        broker = HttpBroker(lambda: SECRETS)
        return await start_session(folder, Capacity(workers=1, running=32), settings=settings, broker=broker)

    return start


async def test_secrets_become_headers_and_a_header_of_the_callers_own_wins(start: Any, server: Server) -> None:
    node = """
        async def run(ctx, input):
            seen = []
            for service, headers in (("github", {}), ("stripe", {}), ("github", {"authorization": "mine"}), ("x", {})):
                response = await ctx.fetch(service, input + "/echo", {"headers": headers})
                headers = (await response.json())["headers"]
                seen.append([headers.get("authorization"), headers.get("x-api-key")])
            return seen
    """
    result = await (await start(node)).run(server.url)
    assert result.output("n") == [
        ["Bearer ghp-secret-token", None],
        [None, "sk-secret-key"],
        ["mine", None],
        [None, None],
    ]


async def test_the_response_has_status_ok_headers_json_text_and_bytes(start: Any, server: Server) -> None:
    node = """
        async def run(ctx, input):
            good = await ctx.fetch("x", input + "/echo", method="PUT", body={"a": 1})
            echo = await good.json()
            missing = await ctx.fetch("x", input + "/nothing")
            return {
                "good": [good.status, good.ok, good.headers["X-TWO"], (await good.text())[:10]],
                "sent": [echo["method"], echo["body"], echo["headers"]["content-type"]],
                "missing": [missing.status, missing.ok, await missing.json()],
            }
    """
    result = await (await start(node)).run(server.url)
    assert result.errors == {}
    assert result.output("n") == {
        "good": [200, True, "a, b", '{"method":'],
        "sent": ["PUT", base64.b64encode(b'{"a":1}').decode(), "application/json"],
        "missing": [404, False, {"message": "no"}],
    }


async def test_a_body_larger_than_the_window_arrives_whole_read_at_once_or_in_pieces(
    start: Any, server: Server
) -> None:
    node = """
        async def run(ctx, input):
            whole = await (await ctx.fetch("x", input + "/big")).bytes()
            pieces = [len(piece) async for piece in (await ctx.fetch("x", input + "/big")).stream()]
            return [len(whole), sum(pieces), len(pieces) > 10]
    """
    assert (await (await start(node)).run(server.url)).output("n") == [BIG, BIG, True]


async def test_many_fetches_at_once_get_each_its_own_answer(start: Any, server: Server) -> None:
    node = """
        import asyncio, base64
        async def run(ctx, input):
            async def one(number):
                response = await ctx.fetch("x", input + "/echo", body=str(number))
                return int(base64.b64decode((await response.json())["body"]))
            return await asyncio.gather(*map(one, range(40)))
    """
    assert (await (await start(node)).run(server.url)).output("n") == list(range(40))


async def test_a_node_that_is_stopped_lets_go_of_its_fetch(start: Any, server: Server) -> None:
    node = """
        async def run(ctx, input):
            response = await ctx.fetch("x", input + "/slow")
            return await response.text()
    """
    bench = await start(node, "config: {timeout: 300ms}\n")
    assert (await bench.run(server.url)).errors == {"n": 'Node "n" timed out after 300ms'}
    await asyncio.wait_for(server.hung_up.wait(), 20)


async def test_a_response_left_unread_is_let_go_when_the_node_ends(start: Any, server: Server) -> None:
    node = """
        async def run(ctx, input):
            return (await ctx.fetch("x", input + "/slow")).status
    """
    bench = await start(node)
    assert (await bench.run(server.url)).output("n") == 200
    await asyncio.wait_for(server.hung_up.wait(), 20)


async def test_a_worker_that_dies_lets_go_of_its_fetches(start: Any, server: Server) -> None:
    node = """
        import os
        async def run(ctx, input):
            await ctx.fetch("x", input + "/slow")
            os._exit(1)
    """
    assert not (await (await start(node)).run(server.url)).success
    await asyncio.wait_for(server.hung_up.wait(), 20)


async def test_what_cannot_be_fetched_is_an_error_at_the_persons_own_line(start: Any) -> None:
    node = """\
        async def run(ctx, input):
            await ctx.fetch("x", "http://127.0.0.1:1/")
    """
    error = (await (await start(node)).run()).errors["n"]
    assert error.startswith("FetchError: GET http://127.0.0.1:1/")
    assert error.endswith("(nodes/n.py:2)")


async def test_an_unknown_option_and_a_plain_functions_own_loop_are_refused_with_the_remedy(start: Any) -> None:
    node = """
        import asyncio
        async def run(ctx, input):
            await ctx.fetch("x", "/y", {"metod": "PUT"})
    """
    assert "does not know the option 'metod'" in (await (await start(node)).run()).errors["n"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (r"'x', 'http://127.0.0.1/a\ud800'", "the URL cannot be sent: its character 19 is half of one"),
        (r"'x\udc80', '/'", "the service's name cannot be sent"),
        (r"'x', '/', method='\ud800'", "the method cannot be sent"),
        (r"'x', '/', headers={'a\ud800': 'b'}", "the name of a header cannot be sent"),
        (r"'x', '/', headers={'x-key': 'b\ud800'}", "the header 'x-key' cannot be sent: its character 2"),
        (r"'x', '/', body='\ud800'", "the body cannot be sent: its character 1"),
        (r"'x', '/', json=['\ud800']", "the body cannot be sent as JSON: "),
        (r"'x', '/', body={'a': {1}}", "the body cannot be sent as JSON: "),
        (r"'x', '/', ca='\ud800'", "`ca` cannot be sent"),
    ],
)
async def test_what_is_no_text_is_refused_by_the_name_of_its_part(start: Any, arguments: str, message: str) -> None:
    error = (await (await start(f"async def run(ctx, input): await ctx.fetch({arguments})")).run()).errors["n"]
    assert error.startswith(f"FetchError: ctx.fetch: {message}")
    assert error.endswith("(nodes/n.py:1)")


async def test_ctx_k8s_without_a_cluster_says_so(start: Any) -> None:
    node = "async def run(ctx, input): return await ctx.k8s.get('/api/v1/nodes')"
    assert "ctx.k8s needs a cluster" in (await (await start(node)).run()).errors["n"]
