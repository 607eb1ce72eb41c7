"""Nodes that do what no node should: each costs its own run and nobody else's, and none is left unanswered."""

import asyncio
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.runtime.settings import Settings
from pipedreamer.sandbox.protocol import TEXT_LIMIT

ONE_WORKER = Capacity(workers=1, running=64)
SHORT = "config: {timeout: 1s}\n"

ROGUES = {
    "leaves a child that holds the connection": "os.fork() or time.sleep(60); os._exit(0)",
    "returns in a forked child too": "os.fork(); return 'child'",
    "raises what cannot be said": "raise Unsayable(SystemExit)",
    "raises what raises when said": "raise Unsayable(RuntimeError)",
    "raises what never ends to say itself": "raise Endless()",
    "raises a circle of causes": "a = ValueError(1); b = ValueError(2); a.__cause__ = b; b.__cause__ = a; raise a",
    "returns a list without an end": "return EndlessList()",
    "stops itself": "os.kill(os.getpid(), 19)",
    "breaks the interpreter": "import builtins; builtins.isinstance = lambda *a: False",
    "answers what is no JSON": "import orjson; orjson.dumps = lambda *a: b'{{{'; return 1",
    "answers what is no text": "import orjson; orjson.dumps = lambda *a: b'\"\\xff\\xfe\"'; return 1",
}


def _source(keyword: str, deed: str) -> str:
    return f"""\
import asyncio, os, time

class Unsayable(Exception):
    def __init__(self, kind): self.kind = kind
    def __str__(self): raise self.kind

class Endless(Exception):
    def __str__(self):
        while True: pass

class EndlessList(list):
    def __iter__(self):
        while True: yield 1

{keyword} run(ctx, input):
    if input:
        {deed}
    return "good"
"""


@pytest.mark.parametrize("keyword", ["async def", "def"])
@pytest.mark.parametrize("deed", ROGUES.values(), ids=ROGUES)
async def test_a_rogue_node_costs_no_other_run_anything(
    keyword: str, deed: str, write_workflow: Any, start_session: Any
) -> None:
    bench = await start_session(write_workflow({"n": _source(keyword, deed)}, extra=SHORT), ONE_WORKER)
    runs = [asyncio.ensure_future(bench.run(number == 3)) for number in range(8)]
    results = await asyncio.wait_for(asyncio.gather(*runs), 60)
    rogue = results.pop(3)
    assert rogue.errors.keys() <= {"n"}
    assert [result.outputs for result in results] == [{"n": b'"good"'}] * 7
    after = await asyncio.wait_for(bench.run(0), 60)
    assert after.outputs == {"n": b'"good"'}


async def test_an_exception_that_cannot_be_said_fails_its_own_node_and_is_retried(
    write_workflow: Any, start_session: Any
) -> None:
    bad = _source("async def", "raise Unsayable(RuntimeError)").replace("if input", "if ctx.attempt < 2")
    good = "import asyncio\nasync def run(ctx, input):\n    await asyncio.sleep(0.3)\n    return 'kept'"
    bench = await start_session(write_workflow({"bad": bad, "good": good}, extra="config: {retries: 1}\n"), ONE_WORKER)
    assert (await bench.run()).outputs == {"bad": b'"good"', "good": b'"kept"'}
    assert "Unsayable: (its text cannot be had: RuntimeError) (nodes/bad.py" in bench.lines[0].message


@pytest.mark.parametrize("keyword", ["async def", "def"])
async def test_an_endless_text_keeps_its_type_and_line_and_is_cut(
    keyword: str, write_workflow: Any, start_session: Any
) -> None:
    node = f"{keyword} run(ctx, input):\n    raise ValueError(200_000_000 * 'x')\n"
    bench = await start_session(write_workflow({"n": node}), ONE_WORKER)
    for _ in range(3):  # the memory of one is given back before the next
        error = (await bench.run()).errors["n"]
        assert error.startswith("ValueError (nodes/n.py:2): xxx")
        assert len(error) <= TEXT_LIMIT
    assert bench.session.restarts == 0


async def test_good_plain_runs_survive_many_bad_ones(write_workflow: Any, start_session: Any) -> None:
    node = """
        import os, time
        def run(ctx, input):
            if input == 1:
                while True: pass
            if input == 2:
                os._exit(7)
            if input == 3:
                raise ValueError("no")
            return "good"
    """
    bench = await start_session(
        write_workflow({"n": node}, extra="config: {timeout: 3s}\n"), Capacity(workers=2, running=64)
    )
    kinds = [number % 8 if number % 8 < 4 else 0 for number in range(96)]
    results = await asyncio.wait_for(asyncio.gather(*(bench.run(kind) for kind in kinds)), 120)
    expected = {
        0: {},
        1: {"n": 'Node "n" timed out after 3000ms'},
        2: {"n": 'Node "n" lost its worker process, which exited with code 7'},
        3: {"n": "ValueError: no (nodes/n.py:9)"},
    }
    assert [result.errors for result in results] == [expected[kind] for kind in kinds]


async def test_a_secret_across_a_cut_or_a_pause_shows_no_part_of_itself(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import os, time
        def run(ctx, input):
            token = ctx.secrets["token"]
            print("z" * (65536 - 10) + token)
            os.write(2, token[:9].encode())
            time.sleep(0.3)
            os.write(2, token[9:].encode() + b"\\n")
            raise ValueError("z" * (65536 - 60) + token)
    """
    settings = Settings(config={}, secrets={"token": "ghp_S3cr3tS3cr3t"})
    bench = await start_session(write_workflow({"n": node}), ONE_WORKER, settings=settings)
    result = await bench.run()
    await bench.session.close()
    shown = "".join(line.message for line in bench.lines) + result.to_json(bench.session._around.mask()).decode()
    assert "ghp_" not in shown
    assert "S3cr" not in shown
    assert shown.count("***") >= 3


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        pytest.param("z" * (81920 - 6), "", "", id="cut where the worker cuts"),
        pytest.param("ghp_S3cr3tS3cr3t" * 2000 + "z" * 49914, "", "", id="cut after much was hidden"),
        pytest.param("z" * 81920, "z", "", id="in the rest of a line that was too long"),
        pytest.param("z" * 65535, "", "\n", id="across two readings"),
    ],
)
@pytest.mark.parametrize("way", ["os.write(2, {}.encode())", "print({}, end='', flush=True)", "ctx.log.info({})"])
async def test_no_half_of_a_secret_is_seen_where_a_line_is_too_long(
    way: str, before: str, between: str, after: str, write_workflow: Any, start_session: Any
) -> None:
    if way.startswith("ctx"):
        body = f"{way.format('text')}"
    else:
        first, second = way.format("text[:half]"), way.format("text[half:]")
        body = f"{first}; time.sleep(0.2); {second}"
    node = f"""
        import os, time
        def run(ctx, input):
            token = ctx.secrets["token"]
            text = {before!r} + {between!r} + token + {after!r}
            half = len({before!r}) + len({between!r}) + 6
            {body}
    """
    settings = Settings(config={}, secrets={"token": "ghp_S3cr3tS3cr3t"})
    bench = await start_session(write_workflow({"n": node}), ONE_WORKER, settings=settings)
    assert (await bench.run()).success
    await bench.session.close()
    shown = "".join(line.message for line in bench.lines)
    assert len(shown) > 100
    assert "ghp" not in shown
    assert "S3c" not in shown
    assert "cr3t" not in shown


async def test_an_attempt_lost_with_its_process_counts_in_the_timing_and_is_told(
    write_workflow: Any, start_session: Any
) -> None:
    node = """
        import hashlib, os
        async def run(ctx, input):
            if ctx.attempt == 1:
                hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10**9)
            if ctx.attempt == 2:
                os._exit(1)
            return "done"
    """
    folder = write_workflow({"n": node}, extra="config: {timeout: 300ms, retries: 2}\n")
    bench = await start_session(folder, ONE_WORKER)
    result = await bench.run()
    assert result.output("n") == "done"
    timing = result.node_timings["n"]
    assert timing.completed_at - timing.started_at >= 300 + 100 + 200
    assert [(line.level, line.message) for line in bench.lines] == [
        ("warn", 'attempt 1 of 3 failed: Node "n" timed out after 300ms'),
        ("warn", 'attempt 2 of 3 failed: Node "n" lost its worker process, which exited with code 1'),
    ]
