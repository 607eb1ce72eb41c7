"""Runs that have ended are in a journal at once, and in the database soon."""

import contextlib
import resource
import shutil
import signal
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import msgpack
from tests.integration.record.conftest import SMALL
from tests.integration.record.samples import finished

from pipedreamer.errors import RecordError
from pipedreamer.record import Epoch, Finished, Query, open_store
from pipedreamer.record.grouping import Whole, whole
from pipedreamer.record.sqlite import journal
from pipedreamer.record.sqlite.journal import Journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def wholes(*numbers: int) -> list[Whole]:
    return [whole(finished(number), Epoch(1, "flow"), SMALL) for number in numbers]


def segments(file: Path) -> list[Path]:
    return Journal(file).segments()


async def test_what_was_written_is_in_the_journal_at_once_and_moves(file: Path) -> None:
    async with open_store(file, SMALL) as store:
        epoch = await store.join("flow", "test", 10)
        changes = [Finished(finished(n)) for n in range(3)]
        assert store.write_now(changes, epoch)
        (segment,) = segments(file)
        assert journal.read(segment) == (epoch, changes, True)
        assert len((await store.page(Query(workflow="flow"))).summaries) == 3
        assert segments(file) == []


async def test_what_a_killed_engine_had_written_is_there_once_for_the_next(file: Path) -> None:
    async with open_store(file, SMALL) as store:
        epoch = await store.join("flow", "test", 10)
        store.write_now([Finished(finished(1))], epoch)
    left = Journal(file)
    left.epoch = epoch
    left.append(wholes(1, 2))
    left.turn()
    left.append(wholes(3))
    with segments(file)[-1].open("ab") as stream:
        stream.write(b"\xff\0\0\0cut off")
    async with open_store(file, SMALL) as store:
        await store.join("flow", "next", 10)
        assert segments(file) == []
        assert [one.id for one in (await store.page(Query(workflow="flow"))).summaries] == [
            finished(n).id for n in (3, 2, 1)
        ]
        assert await store.run("flow", finished(2).id) == finished(2)


async def test_a_large_value_goes_beside_and_not_through_the_journal(file: Path) -> None:
    large = finished(1, input=b'"' + b"x" * 5000 + b'"')
    async with open_store(file, SMALL) as store:
        epoch = await store.join("flow", "test", 10)
        assert not store.write_now([Finished(large)], epoch)
        await store.write([Finished(large)], epoch)
        assert segments(file) == []
        assert await store.run("flow", large.id) == large


async def test_runs_that_cannot_be_moved_stay_in_the_journal(file: Path) -> None:
    async with open_store(file, SMALL) as store:
        epoch = await store.join("flow", "test", 10)
        store.write_now([Finished(finished(1))], epoch)
        await store.page(Query(workflow="flow"))
        with contextlib.closing(sqlite3.connect(file)) as beside:
            beside.execute("ALTER TABLE runs RENAME TO away")
            store.write_now([Finished(finished(2))], epoch)
            with pytest.raises(RecordError, match="cannot be read or written"):
                await store.page(Query(workflow="flow"))
            assert len(segments(file)) == 1
            store.write_now([Finished(finished(3))], epoch)
            beside.execute("ALTER TABLE away RENAME TO runs")
        assert len((await store.page(Query(workflow="flow"))).summaries) == 3
        assert segments(file) == []


async def test_a_write_that_is_cut_off_leaves_what_was_there(file: Path) -> None:
    kept = Journal(file)
    kept.append(wholes(1))
    (segment,) = segments(file)
    size = segment.stat().st_size
    with pytest.raises(OSError, match="File too large"), largest_file(size + 10):
        kept.append(wholes(2))
    assert segment.stat().st_size == size
    kept.append(wholes(3))
    assert journal.read(segment) == (kept.epoch, [Finished(finished(1)), Finished(finished(3))], True)


async def test_a_segment_that_is_damaged_in_the_middle_is_kept_aside(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    left = Journal(file)
    left.epoch = Epoch(1, "flow")
    left.append(wholes(1, 2, 3))
    (segment,) = segments(file)
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    async with open_store(file, SMALL) as store:
        await store.join("flow", "test", 10)
        assert [one.id for one in (await store.page(Query(workflow="flow"))).summaries] == [finished(1).id]
    assert segments(file) == []
    assert (file.parent / f"damaged-{segment.name}").read_bytes() == data
    assert "is damaged" in caplog.text


async def test_a_segment_that_ends_in_zeros_after_a_power_cut_is_taken_up(file: Path) -> None:
    left = Journal(file)
    left.epoch = Epoch(1, "flow")
    left.append(wholes(1))
    with segments(file)[0].open("ab") as stream:
        stream.write(bytes(4096))
    async with open_store(file, SMALL) as store:
        await store.join("flow", "test", 10)
        assert segments(file) == []
        assert len((await store.page(Query(workflow="flow"))).summaries) == 1
    assert list(file.parent.glob("damaged-*")) == []


async def test_a_segment_of_another_version_is_named_and_left(file: Path) -> None:
    strange = msgpack.encode(["weird", 1])
    segment = file.with_name(f"{file.name}.journal-7")
    segment.write_bytes(len(strange).to_bytes(4, "little") + zlib.crc32(strange).to_bytes(4, "little") + strange)
    async with open_store(file, SMALL) as store:
        with pytest.raises(RecordError, match="journal-7 was written by another version"):
            await store.join("flow", "test", 10)
    assert segments(file) == [segment]


async def test_a_file_that_is_removed_takes_nothing_more(file: Path) -> None:
    async with open_store(file, SMALL) as store:
        epoch = await store.join("flow", "test", 10)
        shutil.move(file, f"{file}.elsewhere")
        with pytest.raises(RecordError, match="was removed or replaced"):
            await store.renew(epoch, "c0de")
        with pytest.raises(RecordError, match="was removed or replaced"):
            store.write_now([Finished(finished(1))], epoch)
        with pytest.raises(RecordError, match="was removed or replaced"):
            await store.write([Finished(finished(1))], epoch)


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
