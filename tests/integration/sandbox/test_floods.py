"""Workers that say more than anybody wants to hear: the engine stays as quick for the others, and as small."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pipedreamer.authoring import FetchError
from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.logs import NodeLine
from pipedreamer.sandbox.protocol import MOST_FETCHES, Fetch

TWO_WORKERS = Capacity(workers=2, running=16)
WIRE = """
    import asyncio, os, socket, stat, time
    import msgspec
    def frame(message):
        body = msgspec.msgpack.encode(message)
        return len(body).to_bytes(4, "little") + body
    def wire():
        for number in range(3, 64):
            try:
                if stat.S_ISSOCK(os.fstat(number).st_mode):
                    found = socket.socket(fileno=os.dup(number))
                    if int.from_bytes(found.getsockopt(1, 17, 12)[:4], "little") != os.getpid():  # SO_PEERCRED
                        found.setblocking(True)
                        return found
            except OSError:
                pass
"""
FLOODS = {
    "frames on the wire": "wire().sendall(frame(['log', 1, 0, 1, 'info', 'flood']) * 20_000)",
    "writes past Python": "[os.write(2, b'flood\\n' * 1000) for _ in range(20)]",
}
LINE_S = 0.001
"""What a slow log takes for a line."""


class SlowLog:
    """Counts the lines that are heard in each turn of the loop; `beat` turns it."""

    def __init__(self) -> None:
        self.turn = 0
        self.heard: Counter[int] = Counter()

    def __call__(self, line: NodeLine) -> None:
        time.sleep(LINE_S)
        self.heard[self.turn] += "flood" in line.message

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        async def beat() -> None:
            while True:
                self.turn += 1
                await asyncio.sleep(0)

        beating = asyncio.ensure_future(beat())
        yield
        beating.cancel()


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_other_callers_wait_for_no_more_than_a_few_lines_of_a_flood(
    flood: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""{WIRE}
    async def run(ctx, input):
        if input:
            await asyncio.to_thread(lambda: {flood})
        return "ok"
    """
    log = SlowLog()
    folder = write_workflow({"n": node}, extra="config: {timeout: 60s}\n")
    bench = await start_session(folder, TWO_WORKERS, hear=log)
    flooding = asyncio.ensure_future(bench.run(1))
    async with asyncio.timeout(50), log.beating():
        while log.heard.total() < 100:
            assert (await bench.run()).success
    assert max(log.heard.values()) < 200  # a read of the wire has 7,000 of them, one of the pipe 10,000
    assert not flooding.done()
    flooding.cancel()


async def test_a_flood_that_is_under_way_when_its_worker_dies_is_not_heard_to_its_end(
    write_workflow: Any, start_session: Any
) -> None:
    node = f"""{WIRE}
    async def run(ctx, input):
        found = wire()
        found.setblocking(False)
        while True:
            try:
                found.send(frame(["log", 1, 0, 1, "info", "x"]) * 40_000)
            except BlockingIOError:
                os._exit(1)
    """
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS, hear=lambda _: time.sleep(0.0001))
    assert not (await bench.run()).success
    text = "".join(line.message for line in bench.lines)
    assert "more lines of a worker that has ended were dropped" in text


@pytest.mark.parametrize("keyword", ["async def", "def"])
@pytest.mark.parametrize("way", ["print('flood')", "ctx.log.info('flood')", "sys.stderr.write('flood\\n')"])
async def test_a_node_that_writes_without_end_is_not_slowed_down_and_loses_lines_that_are_counted(
    way: str, keyword: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""
    import sys
    {keyword} run(ctx, input):
        for _ in range(50_000):
            {way}
    """
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS)
    assert (await bench.run()).success
    shown = [line for line in bench.lines if line.message == "flood"]
    dropped = [line for line in bench.lines if "lines were dropped" in line.message]
    counts = [int(re.sub("[^0-9]", "", line.message.partition(" ")[0])) for line in dropped]
    assert len(shown) + sum(counts) == 50_000
    assert {(line.node, line.level) for line in dropped} == {("n", "warn")}
    assert {line.run_id for line in dropped} == {shown[0].run_id}


async def test_runs_that_write_little_lose_nothing_however_many_they_are(
    write_workflow: Any, start_session: Any
) -> None:
    node = "async def run(ctx, input):\n    for n in range(200):\n        print(n)"
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS)
    results = await asyncio.gather(*(bench.run() for _ in range(80)))
    assert all(result.success for result in results)
    assert len(bench.lines) == 80 * 200


class HeldBroker:
    """Answers nothing before `go`, and then that there is no answer; knows how many fetches were open at once."""

    def __init__(self, failure: str = "no") -> None:
        self.go = asyncio.Event()
        self.open_now = self.most = 0
        self._failure = failure

    @asynccontextmanager
    async def open(self, _request: Fetch, _worker: object = None, /) -> AsyncIterator[Any]:
        self.open_now += 1
        self.most = max(self.most, self.open_now)
        try:
            await self.go.wait()
            raise FetchError(self._failure)
            yield
        finally:
            self.open_now -= 1

    async def close(self) -> None:
        return


async def test_a_node_may_begin_any_number_of_fetches_and_so_many_reach_the_engine_at_once(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import asyncio
        async def run(ctx, input):
            if input:
                got = await asyncio.gather(*(ctx.fetch("x", "/") for _ in range(5000)), return_exceptions=True)
                return sum("FetchError" in repr(one) for one in got)
    """
    broker = HeldBroker()
    bench = await start_session(write_workflow({"n": node}), Capacity(workers=1, running=8), broker=broker)
    flooding = asyncio.ensure_future(bench.run(1))
    while broker.open_now < MOST_FETCHES:  # noqa: ASYNC110 - nobody else tells
        await asyncio.sleep(0.01)
    for _ in range(3):
        await bench.run(0)  # behind what is on its way, in the same worker
    broker.go.set()
    assert (await flooding).output("n") == 5000
    assert broker.most == MOST_FETCHES


async def test_a_fetch_that_waits_in_the_worker_ends_at_its_own_timeout(
    write_workflow: Any, start_session: Any
) -> None:
    node = f"""
        import asyncio
        async def run(ctx, input):
            held = [asyncio.ensure_future(ctx.fetch("x", "/")) for _ in range({MOST_FETCHES})]
            await asyncio.sleep(0)
            await ctx.fetch("x", "/", timeout=0.1)
    """
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS, broker=HeldBroker())
    assert "timed out after 100ms, waiting for other fetches to end" in (await bench.run()).errors["n"]


@pytest.mark.parametrize("answered", [False, True], ids=["without an answer", "whose answers are not read"])
async def test_a_worker_that_sends_fetches_without_end_is_ended(
    answered: bool, write_workflow: Any, start_session: Any
) -> None:
    node = f"""{WIRE}
    async def run(ctx, input):
        found = wire()
        for number in range(20_000):
            found.sendall(frame(["fetch", number, 1, 0, "http", "x", "/", "GET", [], None, None, None]))
        time.sleep(20)
    """
    broker = HeldBroker("no" * 5000)
    if answered:
        broker.go.set()
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS, broker=broker)
    assert "more than 512 fetches are under way" in (await bench.run()).errors["n"]
    assert broker.most <= 512
    while broker.open_now:  # noqa: ASYNC110 - the same
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "message",
    ["['log', 1, 0, 1, 'info', '-' * (1 << 20)]", "['outcome', 1, 0, 1, 0, 0, 'retry', b'-' * (1 << 20), False]"],
    ids=["line", "error"],
)
async def test_a_line_or_error_that_no_worker_would_send_ends_it_unread(
    message: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"""{WIRE}
    async def run(ctx, input):
        await asyncio.to_thread(wire().sendall, frame({message}))
        await asyncio.sleep(5)
    """
    bench = await start_session(write_workflow({"n": node}), TWO_WORKERS)
    error = (await bench.run()).errors["n"]
    assert "broke the protocol" in error
    assert "1,048,576" in error
    assert "-----" not in error + "".join(line.message for line in bench.lines)
