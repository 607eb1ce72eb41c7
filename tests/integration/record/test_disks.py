"""A record on a disk that is full, or that nothing can be written to: a real file system of a few pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
_MAY_MOUNT = subprocess.run([*_UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode == 0
needs_a_disk = pytest.mark.skipif(not _MAY_MOUNT, reason="this user may mount nothing")
_ON_A_DISK = 'mount -t tmpfs -o size=3M none "$1" && shift && exec "$@"'

FILLING = """
import asyncio, sys
from pathlib import Path
from pipedreamer.errors import RecordError
from pipedreamer.record import Finished, Limits, Query, open_store
from tests.integration.record.samples import finished

async def main(disk, big):
    file, filling = disk / "runs.db", disk / "filling"
    filling.write_bytes(bytes(2_000_000))
    known = []
    async with open_store(file, Limits(inline=1000)) as store:
        epoch = await store.join("flow", "the tests", 60)

        async def write(number):
            given = b'"' + b"x" * (3000 if big else 30) + b'"'
            runs = [finished(number * 10 + place, input=given) for place in range(3)]
            await store.write([Finished(run) for run in runs], epoch)
            known.extend(run.id for run in runs)

        async def until_it_is_full(start):
            for number in range(start, start + 5000):
                try:
                    await write(number)
                except RecordError as error:
                    print(error)
                    return
            raise SystemExit("it was never full")

        await until_it_is_full(1)
        await until_it_is_full(20_000)
        filling.unlink()
        for number in range(40_000, 40_010):
            await write(number)
    async with open_store(file, Limits(inline=1000)) as store:
        kept, page = [], await store.page(Query(workflow="flow", limit=1000))
        while True:
            kept += [summary.id for summary in page.summaries]
            for summary in page.summaries:
                assert await store.run("flow", summary.id) is not None
            if page.next is None:
                break
            page = await store.page(Query(workflow="flow", limit=1000, before=page.next))
        assert sorted(kept) == sorted(known), (len(kept), len(known))
        await store.join("flow", "the next", 60)
    files = list((disk / "runs.db.values").iterdir()) if big else []
    assert len(files) == (len(known) if big else 0)
    print(f"{len(known)} runs")

asyncio.run(main(Path(sys.argv[1]), sys.argv[2] == "big"))
"""

READ_ONLY = """
import asyncio, subprocess, sys
from pathlib import Path
from pipedreamer.errors import RecordError
from pipedreamer.record import open_store

async def main(disk):
    async with open_store(disk / "runs.db"):
        pass
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for name in ("runs.db", "new.db"):
        try:
            async with open_store(disk / name) as store:
                await store.join("flow", "the tests", 60)
        except RecordError as error:
            print(error)

asyncio.run(main(Path(sys.argv[1])))
"""


FULL_AT_THE_START = """
import asyncio, sys
from pathlib import Path
from pipedreamer.errors import RecordError
from pipedreamer.record import open_store

async def main(disk):
    async with open_store(disk / "runs.db"):
        pass
    filling = (disk / "filling").open("wb", buffering=0)
    try:
        while True:
            filling.write(bytes(4096))
    except OSError:
        pass
    try:
        async with open_store(disk / "runs.db") as store:
            await store.join("flow", "the tests", 60)
    except RecordError as error:
        print(error)

asyncio.run(main(Path(sys.argv[1])))
"""


def on_a_disk(folder: Path, script: str, *given: str) -> list[str]:
    """What a script prints that has a disk of 3 MiB at `disk`."""
    disk = folder / "disk"
    disk.mkdir()
    command = [*_UNSHARE, "sh", "-c", _ON_A_DISK, "sh", str(disk), sys.executable, "-c", script, str(disk), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@needs_a_disk
@pytest.mark.parametrize("size", ["small", "big"])
def test_what_was_stored_before_and_after_a_disk_was_full_is_there(tmp_path: Path, size: str) -> None:
    *errors, told = on_a_disk(tmp_path, FILLING, size)
    assert len(errors) == 2
    assert all(error.endswith("; make room there") and str(tmp_path / "disk") in error for error in errors)
    assert told.endswith(" runs")


@needs_a_disk
def test_a_disk_that_is_read_only_is_said_so(tmp_path: Path) -> None:
    errors = on_a_disk(tmp_path, READ_ONLY)
    assert len(errors) == 2
    assert all("may write to" in error or "the right to write" in error for error in errors)


@needs_a_disk
def test_an_engine_that_starts_on_a_full_disk_is_told(tmp_path: Path) -> None:
    (error,) = on_a_disk(tmp_path, FULL_AT_THE_START)
    assert error.endswith("; make room there")
