"""How an answer's body arrives: piece by piece, unpacked, within limits, over kept connections."""

import asyncio
import gzip
import zlib
from collections.abc import Callable

import pytest
from tests.integration.broker.conftest import MakeBroker
from tests.integration.broker.servers import (
    Certificates,
    Handler,
    Received,
    Server,
    answering,
    fetch,
    reply,
    serving,
    serving_http2,
)

from pipedreamer import FetchError
from pipedreamer.runtime.http_broker import HttpBroker
from pipedreamer.sandbox.protocol import Fetch

TEXT = b"a line of text, repeated\n" * 1000


async def body(broker: HttpBroker, request: Fetch) -> bytes:
    async with broker.open(request) as answer:
        return b"".join([chunk async for chunk in answer.chunks()])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (the server of the test sets no event)
            await asyncio.sleep(0.01)


def endless(sent: list[int] | None = None) -> Handler:
    """Sends a body for ever, counting what the client let through."""

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(length=2**50))
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            await writer.drain()
            if sent is not None:
                sent.append(65536)

    return handle


async def test_a_body_is_given_on_before_it_has_ended(make_broker: MakeBroker) -> None:
    first_part_seen = asyncio.Event()

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await first_part_seen.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with serving(handle) as server, make_broker().open(fetch(server.url())) as answer:
        parts = []
        async for part in answer.chunks():
            parts.append(part)
            first_part_seen.set()
        assert parts == [b"one", b"two"]


async def test_a_body_that_nobody_reads_stops_the_server(make_broker: MakeBroker) -> None:
    sent: list[int] = []
    async with serving(endless(sent)) as server, make_broker().open(fetch(server.url())) as answer:
        assert await anext(answer.chunks())
        before = -1
        while before != len(sent):
            before = len(sent)
            await asyncio.sleep(0.1)
        assert sum(sent) < 64 * 1024 * 1024


async def test_leaving_early_closes_the_connection(make_broker: MakeBroker) -> None:
    async with serving(endless()) as server:
        async with make_broker().open(fetch(server.url())) as answer:
            assert await anext(answer.chunks())
        await until(lambda: server.closed == 1)


async def continuing(request: Received, writer: asyncio.StreamWriter) -> None:
    """Never answers, but notices when the client is gone."""
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("handle", [continuing, endless()])
async def test_cancelling_closes_the_connection(make_broker: MakeBroker, handle: Handler) -> None:
    async with serving(handle) as server:
        task = asyncio.create_task(body(make_broker(), fetch(server.url())))
        await until(lambda: len(server.received) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: server.closed == 1)


async def test_connections_are_kept_for_the_next_fetch(make_broker: MakeBroker) -> None:
    broker = make_broker()
    async with serving(answering(reply(b"x"))) as server:
        for _ in range(3):
            assert await body(broker, fetch(server.url())) == b"x"
    assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
async def test_a_kept_connection_that_the_server_gave_up_is_replaced_where_that_is_safe(
    make_broker: MakeBroker, method: str
) -> None:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.target == "/second" and request.connection == 1:
            writer.close()
        else:
            writer.write(reply(b"x"))

    broker = make_broker()
    async with serving(handle) as server:
        await body(broker, fetch(server.url("/first")))
        if method == "POST":
            with pytest.raises(FetchError, match="/second: the server closed the connection without an answer"):
                await body(broker, fetch(server.url("/second"), method))
        else:
            assert await body(broker, fetch(server.url("/second"), method)) == b"x"
    assert len(server.received) == (2 if method == "POST" else 3)


def deflated(data: bytes, window: int) -> bytes:
    packer = zlib.compressobj(wbits=window)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("X-GZip", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]) + b"\0\0"),
        ("deflate", deflated(TEXT, 15)),
        ("deflate", deflated(TEXT, -15)),
    ],
)
async def test_a_compressed_body_is_unpacked_and_its_headers_say_so(
    make_broker: MakeBroker, encoding: str, packed: bytes
) -> None:
    handle = answering(reply(packed, f"Content-Encoding: {encoding}", "X-Twice: a", "X-Twice: b"))
    async with serving(handle) as server:
        request = fetch(server.url())
        async with make_broker().open(request) as answer:
            assert answer.headers == (("X-Twice", "a"), ("X-Twice", "b"))
            assert b"".join([chunk async for chunk in answer.chunks()]) == TEXT
    assert server.received[0].header("Accept-Encoding") == "gzip, deflate"


async def test_an_encoding_that_the_node_asked_for_itself_is_given_on_as_it_is(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"packed", "Content-Encoding: br"))) as server:
        request = fetch(server.url(), "GET", ("Accept-Encoding", "br"))
        async with make_broker().open(request) as answer:
            assert ("Content-Encoding", "br") in answer.headers
            assert [chunk async for chunk in answer.chunks()] == [b"packed"]
    assert server.received[0].header("Accept-Encoding") == "br"


async def test_head_keeps_the_headers_of_the_body_it_does_not_get(make_broker: MakeBroker) -> None:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(b"", "Content-Encoding: gzip", length=2**40))

    async with serving(handle) as server, make_broker().open(fetch(server.url(), "HEAD")) as answer:
        assert dict(answer.headers) == {"Content-Length": str(2**40), "Content-Encoding": "gzip"}
        assert [chunk async for chunk in answer.chunks()] == []


async def test_a_decompression_bomb_stops_at_the_limit_and_comes_in_small_pieces(make_broker: MakeBroker) -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert len(bomb) < 100_000
    sizes: list[int] = []

    async def read(request: Fetch) -> None:
        async with make_broker(response_body=1_000_000).open(request) as answer:
            async for chunk in answer.chunks():
                sizes.append(len(chunk))  # noqa: PERF401 (what came before the error counts)

    async with serving(answering(reply(bomb, "Content-Encoding: gzip"))) as server:
        with pytest.raises(FetchError, match=r"^GET http://127.0.0.1:\d+/bomb: the body is larger than 1000000 bytes$"):
            await read(fetch(server.url("/bomb")))
    assert max(sizes) <= 64 * 1024
    assert 900_000 < sum(sizes) <= 1_000_000


async def test_a_stream_that_unpacks_to_nothing_stops_at_the_limit_too(make_broker: MakeBroker) -> None:
    packer = zlib.compressobj(wbits=31)
    empty = packer.compress(b"x") + packer.flush(zlib.Z_FULL_FLUSH) + b"\0\0\0\xff\xff" * 100_000
    async with serving(answering(reply(empty, "Content-Encoding: gzip"))) as server:
        with pytest.raises(FetchError, match="larger than 100000 bytes"):
            await body(make_broker(response_body=100_000), fetch(server.url()))


@pytest.mark.parametrize("size", [1_000_000, 1_000_001])
async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(make_broker: MakeBroker, size: int) -> None:
    async with serving(answering(reply(b"x" * size))) as server:
        broker = make_broker(response_body=1_000_000)
        if size == 1_000_000:
            assert len(await body(broker, fetch(server.url()))) == size
        else:
            with pytest.raises(FetchError, match="the body is larger than 1000000 bytes"):
                await body(broker, fetch(server.url()))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (reply(b"short", length=10), "the connection broke off before the end of the body"),
        (reply(gzip.compress(TEXT)[:-9], "Content-Encoding: gzip"), "the compressed body broke off before its end"),
        (reply(b"no gzip", "Content-Encoding: gzip"), "not compressed the way its Content-Encoding says"),
    ],
)
async def test_a_body_that_breaks_off_or_is_broken_is_an_error(
    make_broker: MakeBroker, answer: bytes, message: str
) -> None:
    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with serving(handle) as server:
        with pytest.raises(FetchError, match=rf"^GET http://127.0.0.1:\d+/x: .*{message}"):
            await body(make_broker(), fetch(server.url("/x?query")))


async def test_only_so_many_fetches_are_open_at_once_and_the_others_wait(make_broker: MakeBroker) -> None:
    under_way = most = 0

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        writer.write(reply(b"x"))

    async with serving(handle) as server:
        broker = make_broker(at_once=3)
        assert await asyncio.gather(*(body(broker, fetch(server.url())) for _ in range(20))) == [b"x"] * 20
    assert most == 3


async def test_a_worker_that_fetches_without_end_leaves_places_for_the_others(make_broker: MakeBroker) -> None:
    async def silent(request: Received, writer: asyncio.StreamWriter) -> None:
        if request.target == "/hold":
            await asyncio.Event().wait()
        writer.write(reply(b"x"))

    async def read(broker: HttpBroker, worker: str, path: str) -> bytes:
        async with broker.open(fetch(server.url(path)), worker) as answer:
            return b"".join([chunk async for chunk in answer.chunks()])

    async with serving(silent) as server, asyncio.TaskGroup() as group:
        broker = make_broker(at_once=3, at_once_a_worker=2)
        greedy = [group.create_task(read(broker, "greedy", "/hold")) for _ in range(50)]
        await until(lambda: len(server.received) == 2)
        assert await read(broker, "modest", "/") == b"x"
        assert len(server.received) == 3
        for task in greedy:
            task.cancel()


async def test_more_than_may_wait_is_refused_with_what_to_do(make_broker: MakeBroker) -> None:
    async with serving(answering(reply(b"x"))) as server:
        broker = make_broker(at_once_a_worker=1, waiting=2)
        async with broker.open(fetch(server.url())):
            waiting = [asyncio.create_task(body(broker, fetch(server.url()))) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(FetchError, match=r"2 fetches of this worker are waiting already: begin fewer at once$"):
                await body(broker, fetch(server.url()))
        assert await asyncio.gather(*waiting) == [b"x", b"x"]


async def test_a_fetch_that_waits_too_long_for_its_turn_says_so(make_broker: MakeBroker) -> None:
    broker = make_broker(at_once=1)
    async with serving(answering(reply(b"x"))) as server, broker.open(fetch(server.url())):
        with pytest.raises(FetchError, match="timed out after 50ms, waiting for other fetches to end"):
            await body(broker, fetch(server.url(), timeout=0.05))


async def test_a_place_is_given_back_however_a_fetch_ends(make_broker: MakeBroker) -> None:
    broker = make_broker(at_once=1)
    async with serving(answering(reply(b"x"))) as server:
        for url in ("http://127.0.0.1:9/", "nonsense", server.url()):
            with pytest.raises((FetchError, ZeroDivisionError)):
                async with broker.open(fetch(url)):
                    raise ZeroDivisionError
        assert await body(broker, fetch(server.url())) == b"x"


# HTTP/2


def over_http2(server: Server, path: str, certificates: Certificates) -> Fetch:
    return fetch(server.url(path, scheme="https", host="localhost"), ca=certificates.ca)


async def test_http2_is_spoken_where_the_server_does_on_one_connection(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    broker = make_broker({"svc": {"token": "t0ken"}})
    async with serving_http2(certificates.server_context()) as server:
        paths = [f"/{number}" for number in range(20)]
        bodies = await asyncio.gather(*(body(broker, over_http2(server, path, certificates)) for path in paths))
    assert bodies == [path.encode() for path in paths]
    assert server.connections == 1
    assert {seen.header("authorization") for seen in server.received} == {"Bearer t0ken"}


async def test_leaving_an_http2_answer_early_closes_its_connection_and_spares_the_others_on_it(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    broker = make_broker()
    async with serving_http2(certificates.server_context()) as server:
        async with broker.open(over_http2(server, "/patient", certificates)) as patient:
            async with broker.open(over_http2(server, "/endless", certificates)) as answer:
                assert await anext(answer.chunks())
            assert (server.connections, server.closed) == (1, 0)
            assert await body(broker, over_http2(server, "/next", certificates)) == b"/next"
            assert server.connections == 2
            assert [chunk async for chunk in patient.chunks()] == [b"/patient"]
        await until(lambda: server.closed == 1)


async def test_an_http2_answer_that_is_reset_or_late_is_an_error(
    make_broker: MakeBroker, certificates: Certificates
) -> None:
    broker = make_broker()
    async with serving_http2(certificates.server_context()) as server:
        with pytest.raises(FetchError, match=r"/reset: the server broke off the answer"):
            await body(broker, over_http2(server, "/reset", certificates))
        late = fetch(server.url("/endless", "https", "localhost"), ca=certificates.ca, timeout=0.3)
        with pytest.raises(FetchError, match=r"/endless: timed out after 300ms"):
            await body(broker, late)
        assert await body(broker, over_http2(server, "/next", certificates)) == b"/next"
