"""Frames in and out of a real worker."""

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from tests.unit.sandbox.deno.driver import PATIENCE_S, DenoWorker

from pipedreamer.sandbox.framing import HEAD
from pipedreamer.sandbox.protocol import FRAME_LIMIT, Begun, LogLine, Outcome, Ready, Run, Settings

ECHO = "export default (_ctx: unknown, input: unknown) => input;"


def test_frames_arrive_whole_however_the_stream_is_cut(start: Any) -> None:
    worker: DenoWorker = start(ECHO)
    value = {"text": "ä" * 1000}
    body = msgspec.msgpack.encode(Run(1, "r", msgspec.json.encode(value)))
    stream = (HEAD.pack(len(body)) + body) * 2
    for begin, end in pairwise([0, 1, 3, 4, 5, len(body), len(body) + 4, len(body) + 6, len(stream)]):
        worker.socket.sendall(stream[begin:end])
    for _ in range(2):
        assert worker.until(lambda message: isinstance(message, Outcome)).output == value


def test_a_frame_far_longer_than_the_buffer_and_one_behind_it(start: Any) -> None:
    worker: DenoWorker = start("export default (_ctx: unknown, input: string) => input + input.length;")
    large, small = "x" * 20_000_000, "y"
    worker.send(*(Run(run, "r", msgspec.json.encode(text)) for run, text in enumerate((large, small))))
    outcomes = [worker.until(lambda message: isinstance(message, Outcome)).messages[-1] for _ in range(2)]
    assert {one.run: msgspec.json.decode(one.value) for one in outcomes} == {0: f"{large}20000000", 1: "y1"}


def test_pipelined_runs_are_answered_each_with_its_own(start: Any) -> None:
    worker: DenoWorker = start(
        "export default async (_ctx: unknown, input: number) => { await null; return input * 2; };"
    )
    count = 2000
    worker.send(*(Run(run, f"run-{run}", str(run).encode()) for run in range(count)))
    answers: dict[int, int] = {}
    while len(answers) < count:
        message = worker.next()
        if isinstance(message, Outcome):
            answers[message.run] = int(message.value)
    assert answers == {run: run * 2 for run in range(count)}


def test_a_worker_whose_engine_hangs_up_exits_with_0_also_while_a_node_runs(start: Any) -> None:
    worker: DenoWorker = start(
        "export default () => { Deno.exitCode = 3; return new Promise(() => setTimeout(() => {}, 1e9)); };"
    )
    worker.send(Run(1, "r", b"{}"))
    worker.next()
    assert worker.hang_up() == 0
    assert worker.stray() == ""


def test_a_worker_hung_up_on_before_it_has_code_exits_with_0(launch: Any) -> None:
    assert launch().hang_up() == 0


def test_new_settings_are_seen_by_the_runs_after_them(start: Any) -> None:
    worker: DenoWorker = start("export default (ctx: { config: unknown }) => ctx.config;", config={"a": 1})
    run = Run(1, "r", b"{}")
    worker.send(run, Settings(config=b'{"a":2}', secrets=b"{}"), run)
    assert [worker.until(lambda message: isinstance(message, Outcome)).output for _ in range(2)] == [{"a": 1}, {"a": 2}]


def test_ready_comes_once(start: Any) -> None:
    worker: DenoWorker = start(ECHO)
    assert worker.run().of(Ready) == []


def test_frames_that_are_many_are_sent_before_the_loop_turns(start: Any) -> None:
    worker: DenoWorker = start("export default (ctx: any) => { while (true) ctx.log.info('x'.repeat(1000)); };")
    worker.send(Run(1, "r", b"{}"))
    for _ in range(5000):
        assert isinstance(worker.next(), Begun | LogLine)


@pytest.mark.parametrize("frame", [b"\xc1", b"\x98\xa3run", b"", b"\x91\xa5ready", b"\x91\xa4code\xc0"])
def test_what_is_no_message_ends_the_worker_with_a_word(frame: bytes, start: Any) -> None:
    worker: DenoWorker = start(ECHO)
    worker.socket.sendall(HEAD.pack(len(frame)) + frame)
    assert worker.process.wait(PATIENCE_S) == 1
    assert worker.stray().startswith("the worker itself failed: ")


def test_a_frame_over_the_limit_and_a_run_before_the_code_end_it_too(launch: Any) -> None:
    worker: DenoWorker = launch()
    worker.socket.sendall(HEAD.pack(FRAME_LIMIT + 1))
    assert worker.process.wait(PATIENCE_S) == 1
    worker = launch()
    worker.send(Run(1, "r", b"{}"))
    assert worker.process.wait(PATIENCE_S) == 1
