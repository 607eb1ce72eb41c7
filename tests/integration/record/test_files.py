"""Files that are no record, places that take none, and what may happen to a record under an engine."""

import asyncio
import os
import re
import sqlite3
from pathlib import Path

import pytest
from tests.integration.record.samples import NOW, accepted, finished, run_id

from pipedreamer.errors import RecordError
from pipedreamer.record import Accepted, Finished, Limits, Query, open_store
from pipedreamer.record.sqlite import connecting
from pipedreamer.record.sqlite.schema import MIGRATIONS

BIG = b'"' + b"x" * 3000 + b'"'


async def opened(file: Path | str, *, create: bool = True) -> str:
    """What opening it says."""
    with pytest.raises(RecordError) as told:
        async with open_store(file, create=create):
            pass
    assert "\n" not in str(told.value)
    return str(told.value)


async def first_error(file: Path) -> str:
    """Of opening it, or else of reading it."""
    try:
        async with open_store(file) as store:
            await store.page(Query(workflow="flow"))
            await store.run("flow", run_id(7))
    except RecordError as error:
        return str(error)
    return ""


async def test_a_file_that_is_none_is_said_so_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database\n" * 1000)
    assert await opened(text) == f"the record {text} is no record of runs (file is not a database); name another file"
    assert text.read_text() == "not a database\n" * 1000


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = file.read_bytes()
    assert "is another program's database" in await opened(file)
    assert file.read_bytes() == before


async def test_a_record_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    async with open_store(file):
        pass
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "was written by a newer version of pipedreamer (its tables are version 99" in await opened(file)


async def test_a_damaged_file_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    async with open_store(file) as store:
        epoch = await store.join("flow", "the tests", 60)
        await store.write([Finished(finished(number)) for number in range(1, 2000)], epoch)
    with file.open("r+b") as stream:
        stream.seek(8192)
        stream.write(os.urandom(file.stat().st_size - 8192))
    assert re.search(r"runs\.db is damaged .*; restore it from a backup", await first_error(file))


@pytest.mark.parametrize("place", ["missing/runs.db", ".", "file/runs.db"])
async def test_a_place_that_cannot_be_is_said_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    said = await opened(tmp_path / place)
    assert str(tmp_path / place) in said
    assert ";" in said


async def test_who_only_reads_makes_no_record(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    assert await opened(file, create=False) == f"there is no record of runs at {file}"
    assert not file.exists()
    async with open_store(file):
        pass
    async with open_store(file, create=False) as store:
        assert (await store.size()).runs == 0


async def test_nobody_else_may_read_a_record(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    async with open_store(file, Limits(inline=1000)) as store:
        epoch = await store.join("flow", "the tests", 60)
        await store.write([Finished(finished(1, input=BIG))], epoch)
        modes = open_to_others(tmp_path)
    assert {"runs.db", "runs.db-wal", "runs.db.lock", "runs.db.values"} <= set(modes)
    assert set(modes.values()) == {0}


async def test_engines_that_make_one_record_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    for number in range(10):
        stores = [open_store(tmp_path / f"{number}.db") for _ in range(6)]
        await asyncio.gather(*(store.open() for store in stores))
        sizes = await asyncio.gather(*(store.size() for store in stores))
        await asyncio.gather(*(store.close() for store in stores))
        assert {size.runs for size in sizes} == {0}


async def test_an_engine_hears_when_its_record_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "runs.db"
    async with open_store(file) as store:
        epoch = await store.join("flow", "the tests", 60)
        await store.renew(epoch, "c0de")
        file.rename(tmp_path / "moved.db")
        for _ in range(2):
            with pytest.raises(RecordError, match="was removed or replaced"):
                await store.renew(epoch, "c0de")
            file.touch()


async def test_what_no_run_knows_of_is_swept_from_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "runs.db.values"
    async with open_store(tmp_path / "runs.db", Limits(inline=1000)) as store:
        epoch = await store.join("flow", "the tests", 60)
        await store.write([Finished(finished(1, input=BIG))], epoch)
        (known,) = folder.iterdir()
        await store.leave(epoch)
        for name in (".writing-00", f"{'0' * 32}-{'0' * 16}"):
            (folder / name).touch()
        await store.join("flow", "the tests", 60)
        assert list(folder.iterdir()) == [known]
        assert (await store.run("flow", run_id(1))) == finished(1, input=BIG)


async def test_a_value_that_is_missing_is_said_so_and_holds_nobody_up(tmp_path: Path) -> None:
    folder = tmp_path / "runs.db.values"
    async with open_store(tmp_path / "runs.db", Limits(inline=1000)) as store:
        epoch = await store.join("flow", "the tests", 60)
        await store.write([Accepted(accepted(1, input=BIG)), Accepted(accepted(2))], epoch)
        for file in folder.iterdir():
            file.unlink()
        with pytest.raises(RecordError, match=f"run {run_id(1)}: {folder}/.* is missing; restore"):
            await store.run("flow", run_id(1))


async def test_nothing_is_stored_where_a_large_value_cannot_be(tmp_path: Path) -> None:
    async with open_store(tmp_path / "runs.db", Limits(inline=1000)) as store:
        epoch = await store.join("flow", "the tests", 60)
        (tmp_path / "runs.db.values").touch()  # no folder can be made there
        with pytest.raises(RecordError, match="cannot be read or written"):
            await store.write([Finished(finished(1)), Finished(finished(2, input=BIG))], epoch)
        assert (await store.page(Query(workflow="flow"))).summaries == ()
        (tmp_path / "runs.db.values").unlink()
        await store.write([Finished(finished(1)), Finished(finished(2, input=BIG))], epoch)
        assert await store.run("flow", run_id(2)) == finished(2, input=BIG)
        assert (await store.size()).bytes < 1_000_000


async def test_a_store_that_is_not_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="is not open"):
        await open_store(tmp_path / "runs.db").size()


async def test_an_unknown_kind_of_place_is_said_so() -> None:
    with pytest.raises(RecordError, match=r'a record at "mysql://\.\.\." is not known'):
        open_store("mysql://me:s3cr3t@host/db")
    assert accepted(1).accepted_at == NOW + 1


def open_to_others(folder: Path) -> dict[str, int]:
    """The rights of others, by the names of what is in it."""
    return {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}


async def test_a_migration_that_fails_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runs.db"
    async with open_store(file) as store:
        await store.write([Finished(finished())], await store.join("flow", "the tests", 60))
    failing = (*MIGRATIONS, "ALTER TABLE runs ADD COLUMN more TEXT; CREATE TABLE runs (x)")
    monkeypatch.setattr(connecting, "MIGRATIONS", failing)
    assert "table runs already exists" in await opened(file)
    monkeypatch.undo()
    async with open_store(file) as store:
        assert await store.run("flow", run_id(1)) == finished()
    monkeypatch.setattr(connecting, "MIGRATIONS", (*MIGRATIONS, "ALTER TABLE runs ADD COLUMN more TEXT"))
    async with open_store(file) as store:
        assert await store.run("flow", run_id(1)) == finished()
    monkeypatch.undo()
    assert "newer version" in await opened(file)
