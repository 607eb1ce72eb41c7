"""Callers who send too much, too slowly, or nothing that is HTTP."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipedreamer.engine.service import Limits
from pipedreamer.engine.watch import Patience

HEAD = b"POST /run HTTP/1.1\r\nHost: localhost\r\n"


def status_and_error(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head.lower()
    return int(head.split()[1]), orjson.loads(body)["error"]


async def test_a_body_that_announces_too_much_is_413_before_a_byte_of_it(engine: Any) -> None:
    answer = await engine.raw(HEAD + b"Content-Length: 1073741824\r\nExpect: 100-continue\r\n\r\n")
    assert status_and_error(answer)[0] == 413
    assert b"100 Continue" not in answer


async def test_a_chunked_body_is_413_as_soon_as_it_is_over_the_limit(start_engine: Any) -> None:
    engine = await start_engine(limits=Limits(max_body=1000))
    chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"
    answer = await engine.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"1\r\nx\r\n")
    assert status_and_error(answer)[0] == 413
    whole = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await engine.raw(whole + b"3e8\r\n{" + b" " * 998 + b"}\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


def _peak_memory() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


async def test_a_body_of_one_gibibyte_costs_no_memory(engine: Any) -> None:
    part = b"10000\r\n" + b" " * 65536 + b"\r\n"
    sent = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    answering = asyncio.ensure_future(reader.readuntil(b"}"))  # at once: a reset would take away what is not read
    before = _peak_memory()
    try:
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while sent < 1 << 30:
            writer.write(part)
            await writer.drain()
            sent += 65536
    except ConnectionError:
        pass  # the engine had enough
    answer = await answering
    writer.close()
    assert status_and_error(answer)[0] == 413
    assert _peak_memory() - before < 64 * 1024 * 1024
    assert (await engine.client.get("/health")).status_code == 200


@pytest.mark.parametrize("path", [b"/run", b"/nothing"])
async def test_a_large_upload_that_is_refused_still_reads_why(engine: Any, path: bytes) -> None:
    head = b"PUT " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(head + b"x" * 4_000_000)
    await writer.drain()
    answer = await reader.readuntil(b"}")
    writer.close()
    assert status_and_error(answer)[0] in (404, 405)


async def test_a_caller_who_goes_away_while_sending_starts_no_run(engine: Any) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(HEAD + b"Content-Length: 100\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await engine.client.post("/run", json={"n": 1})).status_code == 200
    assert engine.twin.inputs == [b'{"n":1}']


async def test_a_request_that_does_not_arrive_in_time_is_408(start_engine: Any) -> None:
    engine = await start_engine(patience=Patience(head=0.05, body=0.05))
    parts = (
        b"",
        b"POST /run HT",
        HEAD,
        HEAD + b"Content-Length: 100\r\n\r\n",
        HEAD + b"Content-Length: 100\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    )
    answers = await asyncio.gather(*(engine.raw(part) for part in parts))
    assert [status_and_error(answer)[0] for answer in answers] == [408] * len(parts)
    assert engine.twin.inputs == []


async def test_a_long_run_is_not_taken_for_a_slow_request(start_engine: Any) -> None:
    engine = await start_engine(patience=Patience(head=0.05, body=0.05))
    engine.twin.gate = asyncio.Event()
    run = asyncio.create_task(engine.client.post("/run", json={}))
    await engine.twin.started.wait()
    assert (
        status_and_error(await engine.raw(HEAD))[0] == 408
    )  # two rounds of the watch have passed when this is refused
    engine.twin.gate.set()
    assert (await run).status_code == 200


@pytest.mark.parametrize(
    "flood",
    [
        HEAD + b"X: " + b"x" * 1_000_000,
        HEAD + b"X: y\r\n" * 100_000,
        b"GET /" + b"x" * 1_000_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 100_000,
    ],
)
async def test_headers_without_end_are_431(engine: Any, flood: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(flood)
    answer = await reader.readuntil(b"}")
    writer.close()
    assert status_and_error(answer)[0] == 431
    assert engine.twin.inputs == []


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_not_http_is_400_in_json(engine: Any, request_: bytes) -> None:
    assert status_and_error(await engine.raw(request_))[0] == 400
    assert engine.twin.inputs == []


async def test_the_length_of_headers_counts_for_each_request_anew(engine: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    for _ in range(3):
        writer.write(HEAD + b"X: " + b"x" * 40_000)
        await writer.drain()
        assert (await engine.client.get("/health")).status_code == 200  # by now the engine has read that
        writer.write(b"\r\n\r\n")
        assert (await reader.readuntil(b"}}}}")).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_pipelined_requests_are_answered_in_order(engine: Any) -> None:
    one = HEAD + b"Content-Length: 1\r\n\r\n1"
    two = HEAD + b"Connection: close\r\nContent-Length: 1\r\n\r\n2"
    answer = await engine.raw(one + two)
    assert answer.index(b'"echo":1') < answer.index(b'"echo":2')


async def test_a_request_in_single_bytes_is_answered(engine: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in HEAD + b'Connection: close\r\nContent-Length: 8\r\n\r\n{"a": 1}':
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert engine.twin.inputs == [b'{"a": 1}']


async def test_a_compressed_body_is_415(engine: Any) -> None:
    status, _, answer = await engine.ask("POST /run HTTP/1.1\nHost: localhost\nContent-Encoding: gzip", b"\x1f\x8b")
    assert status == 415
    assert "gzip" in answer["error"]


async def test_an_answer_of_ten_mebibytes_arrives_whole(engine: Any) -> None:
    body = orjson.dumps("x" * 10_000_000)
    answer = await engine.client.post("/run", content=body)
    assert answer.json()["outputs"]["echo"] == "x" * 10_000_000


async def test_a_caller_who_sends_nothing_more_is_hung_up_on_and_an_answer_under_way_is_not(start_engine: Any) -> None:
    engine = await start_engine(patience=Patience(idle=0.05))
    request = HEAD + b"Content-Length: 2\r\n\r\n{}"
    assert (await engine.raw(request)).startswith(b"HTTP/1.1 200 ")  # read to its end, which is the connection's
    engine.twin.gate = asyncio.Event()
    engine.twin.started.clear()
    held = asyncio.create_task(engine.raw(request))
    await engine.twin.started.wait()
    assert (await engine.raw(b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    engine.twin.gate.set()
    assert (await held).startswith(b"HTTP/1.1 200 ")


async def test_a_caller_who_does_not_read_gets_no_further_answers_made(engine: Any) -> None:
    answer = orjson.dumps("x" * 15_000)
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(answer) + answer
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    sending = asyncio.create_task(_send_for_ever(writer, request))
    runs = -1
    while runs < len(engine.twin.inputs):  # until there are no more
        runs = len(engine.twin.inputs)
        await asyncio.sleep(0.5)
    sending.cancel()
    assert runs * len(answer) < 64 * 1024 * 1024
    assert (await engine.client.get("/health")).status_code == 200
    assert (await reader.readuntil(b"}}}}")).startswith(b"HTTP/1.1 200 ")
    writer.transport.abort()


async def _send_for_ever(writer: asyncio.StreamWriter, request: bytes) -> None:
    while True:
        writer.write(request)
        await writer.drain()


@pytest.mark.parametrize("more", [b"", b"Connection: close\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_runs_stand_in_the_access_log_whichever_way_they_go(
    start_engine: Any, more: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    engine = await start_engine(access_log=True, patience=Patience(idle=0.05))
    body = b"2\r\n{}\r\n0\r\n\r\n" if b"chunked" in more else b"{}"
    length = b"" if b"chunked" in more else b"Content-Length: 2\r\n"
    with caplog.at_level("INFO", "uvicorn.access"):
        await engine.raw(HEAD + more + length + b"\r\n" + body)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "uvicorn.access"]
    assert line.startswith("127.0.0.1:")
    assert line.endswith(' - "POST /run HTTP/1.1" 200')
