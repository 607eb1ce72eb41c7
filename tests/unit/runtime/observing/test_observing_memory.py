"""Peaks of nodes become an amount to declare."""

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest

from pipedreamer.runtime.observing.memory import Scale, rounded, together

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("seen", "declared"), [(0, 64), (1, 64), (42, 64), (43, 128), (85, 128), (86, 192), (1000, 1536)]
)
def test_half_as_much_again_in_steps_of_64_mebibytes(seen: int, declared: int) -> None:
    assert rounded(seen * MEBIBYTE) == declared * MEBIBYTE


def test_what_every_worker_takes_counts_once() -> None:
    assert together({}) == 0
    assert together({"a": 10, "b": 10, "c": 10}) == 10
    assert together({"a": 10, "b": 30, "c": 15}) == 10 + 20 + 5


CHILD = """
import os, sys
child = os.fork()
if child:
    print(child, flush=True)
    os.waitpid(child, 0)
else:
    sys.stdin.readline()
    taken = bytearray(96 << 20)
    for at in range(0, len(taken), 4096):
        taken[at] = 1
    del taken
    print("given back", flush=True)
    sys.stdin.readline()
"""


async def test_memory_that_was_given_back_between_two_looks_is_remembered() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    scale = Scale(int(await process.stdout.readline()))
    try:
        scale.weigh()
        before = scale.peak
        process.stdin.write(b"\n")
        assert await process.stdout.readline() == b"given back\n"
        scale.weigh()
    finally:
        scale.close()
        process.stdin.close()
        await process.wait()
    assert before < 32 * MEBIBYTE
    assert 90 * MEBIBYTE < scale.peak < 128 * MEBIBYTE


async def test_a_process_that_is_gone_weighs_nothing() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await process.wait()
    scale = Scale(process.pid)
    scale.close()
    assert scale.peak == 0
