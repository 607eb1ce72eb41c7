"""A node that fills /tmp costs itself and those beside it; later runs have room again without anybody's help."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from pipedreamer.runtime.capacity import Capacity
from pipedreamer.sandbox import upkeep

ONE_WORKER = Capacity(workers=1, running=16)
NODE = """
    import asyncio, os, tempfile
    async def run(ctx, input):
        if "wait" in input:
            while not os.path.exists(input["wait"]):
                await asyncio.sleep(0.01)
        elif "bytes" in input:
            kept = [open(tempfile.gettempdir() + f"/{number}", "wb") for number in range(100)]
            for file in kept:
                file.write(b"x" * (1 << 20))
                await asyncio.sleep(0)
            await asyncio.sleep(10)
        elif "files" in input:
            for number in range(20_000):
                open(tempfile.gettempdir() + f"/{number}", "w").close()
                await asyncio.sleep(0)
            await asyncio.sleep(10)
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x" * (1 << 20))
            file.flush()
        return os.getpid()
"""


async def _has_room_again(bench: Any) -> None:
    async with asyncio.timeout(60):
        while not (await bench.run()).success:  # noqa: ASYNC110 - there is nothing else to wait for
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("namespaces", [True, False], ids=["jail", "folder"])
@pytest.mark.parametrize("what", ["bytes", "files"])
async def test_later_runs_have_room_again(what: str, namespaces: bool, write_workflow: Any, start_session: Any) -> None:
    bench = await start_session(write_workflow({"n": NODE}), ONE_WORKER, namespaces=namespaces)
    (said,) = (await bench.run({what: True})).errors.values()
    assert ("/tmp is small" if namespaces else "filled the scratch folder") in said
    await _has_room_again(bench)
    assert len([line for line in bench.lines if "nodes filled /tmp (64 MiB" in line.message]) == namespaces


async def test_a_run_beside_the_one_that_filled_it_ends_where_it_is(
    write_workflow: Any, start_session: Any, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    bench = await start_session(write_workflow({"n": NODE}), ONE_WORKER)
    beside = asyncio.ensure_future(bench.run({"wait": str(flag)}))
    assert not (await bench.run({"bytes": True})).success
    await _has_room_again(bench)
    flag.touch()
    assert "/tmp is small" in (await beside).errors["n"]  # it is still there, in the /tmp that is full


async def test_a_tmp_that_is_filled_again_and_again_is_not_renewed_all_the_time(
    write_workflow: Any, start_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "RENEWALS_APART_S", 1e9)
    bench = await start_session(write_workflow({"n": NODE}), ONE_WORKER)
    assert not (await bench.run({"bytes": True})).success
    await _has_room_again(bench)
    for _ in range(3):
        assert not (await bench.run({"bytes": True})).success
    assert bench.session.restarts == 1


NAMELESS = """
    import os, tempfile, time
    def run(ctx, input):
        kept = []
        for number in range(8):
            path = f"{tempfile.gettempdir()}/{number}"
            kept.append(open(path, "wb"))
            os.unlink(path)
            kept[-1].write(b"x" * (16 << 20))
        time.sleep(10)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="the kernel shows the open files of another user's processes to root")
async def test_files_that_were_removed_while_they_are_open_count(write_workflow: Any, start_session: Any) -> None:
    bench = await start_session(write_workflow({"n": NAMELESS}), ONE_WORKER, namespaces=False)
    assert "filled the scratch folder" in (await bench.run()).errors["n"]
