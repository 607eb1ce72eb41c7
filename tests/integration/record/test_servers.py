"""A PostgreSQL that is away, refuses, or is not what it should be; and never a word of the password."""

import asyncio
import logging
import sys
import traceback
from pathlib import Path

import pytest
from tests.integration import postgresql
from tests.integration.record.conftest import administer
from tests.integration.record.samples import accepted, finished, run_id

from pipedreamer.errors import RecordError
from pipedreamer.record import Accepted, Attempt, Finished, Progress, Query, open_store
from pipedreamer.record.postgres import preparing
from pipedreamer.record.postgres.schema import MIGRATIONS

SECRET = "s3cr3t"


async def opened(url: str, *, create: bool = True) -> str:
    """What opening it says; the password is in none of it."""
    with pytest.raises(RecordError) as told:
        async with open_store(url, create=create):
            pass
    assert SECRET not in "".join(traceback.format_exception(told.value))
    assert "\n" not in str(told.value)
    return str(told.value)


async def test_a_server_that_is_away_is_said_so(postgres: int) -> None:
    said = await opened(f"postgresql://me:{SECRET}@127.0.0.1:1/runs")
    assert said.startswith("the record in PostgreSQL at 127.0.0.1:1/runs cannot be reached (")
    assert said.endswith("look whether it is running, and at host and port")


async def test_a_wrong_password_is_said_so(postgres: int) -> None:
    await administer(
        f"postgresql://postgres@127.0.0.1:{postgres}/postgres", "CREATE ROLE locked LOGIN PASSWORD 'right'"
    )
    said = await opened(f"postgresql://locked:{SECRET}@127.0.0.1:{postgres}/postgres")
    assert 'refuses the user (password authentication failed for user "locked")' in said


async def test_a_database_that_is_not_there_is_said_so(postgres: int) -> None:
    said = await opened(f"postgresql://postgres:{SECRET}@127.0.0.1:{postgres}/nowhere")
    assert 'has no such database (database "nowhere" does not exist); create it' in said


async def test_a_user_without_rights_is_told_what_to_grant(database: str) -> None:
    await administer(database, "CREATE ROLE weak LOGIN")
    weak = database.replace("postgres@", "weak@")
    assert "CREATE SCHEMA pipedreamer AUTHORIZATION <this user>" in await opened(weak)
    await administer(database, "CREATE SCHEMA pipedreamer AUTHORIZATION weak")
    async with open_store(weak) as store:
        epoch = await store.join("flow", "the tests", 60)
        assert await store.write([Finished(finished())], epoch) == {}


async def test_a_record_of_a_newer_version_is_left_alone(database: str) -> None:
    assert "there is no record of runs in PostgreSQL at 127.0.0.1:" in await opened(database, create=False)
    async with open_store(database):
        pass
    await administer(database, "INSERT INTO pipedreamer.versions VALUES (99, now())")
    assert "was written by a newer version of pipedreamer (its tables are version 99" in await opened(database)


async def test_engines_that_make_one_record_at_once_do_not_disturb_each_other(database: str) -> None:
    stores = [open_store(database) for _ in range(6)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(store.close() for store in stores))
    assert await administer(database, "SELECT version FROM pipedreamer.versions") == [(1,), (2,)]


async def test_connections_that_are_ended_are_made_anew(database: str) -> None:
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pipedreamer'"
    async with open_store(database) as store:
        epoch = await store.join("flow", "the tests", 60)
        for number in range(1, 4):
            await administer(database, end)
            assert await store.write([Finished(finished(number)), Accepted(accepted(number + 10))], epoch) == {}
            await administer(database, end)
            assert await store.run("flow", run_id(number)) == finished(number)
        assert len((await store.page(Query(workflow="flow"))).summaries) == 6


async def test_a_server_that_was_away_takes_writes_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    with postgresql.running(tmp_path_factory.mktemp("server")) as server:
        url = f"postgresql://postgres:{SECRET}@127.0.0.1:{server.port}/postgres"
        async with open_store(url) as store:
            epoch = await store.join("flow", "the tests", 60)
            await store.write([Accepted(accepted(1))], epoch, durable=True)
            server.stop()
            for failing in (store.write([Finished(finished(2))], epoch), store.page(Query(workflow="flow"))):
                with pytest.raises(RecordError, match="cannot be reached") as told:
                    await failing
                assert SECRET not in "".join(traceback.format_exception(told.value))
            server.start()
            assert await store.write([Finished(finished(2))], epoch) == {}
            await store.renew(epoch, "c0de")
            kept = [one.id for one in (await store.page(Query(workflow="flow"))).summaries]
            assert kept == [run_id(2), run_id(1)]


async def test_a_server_that_crashes_loses_nothing_that_was_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    with postgresql.running(tmp_path_factory.mktemp("server")) as server:
        async with open_store(f"postgresql://postgres@127.0.0.1:{server.port}/postgres") as store:
            epoch, run = await store.join("flow", "the tests", 60), accepted(1)
            await store.write([Accepted(run)], epoch, durable=True)
            step = Attempt("read", 1, "ok", 1, 2, b"1")
            await store.write([Progress(run.id, step)], epoch)
            await store.write([Finished(finished(2))], epoch)
            server.stop()
            server.start()
            assert await store.run("flow", finished(2).id) == finished(2)
            kept = await store.run("flow", run.id)
            assert kept is not None
            assert kept.attempts == (step,)


@pytest.mark.parametrize(
    "rest",
    [
        f"u:{SECRET}/x@h/db",
        f"u:x?{SECRET}@h/db",
        f"u:x#{SECRET}@h/db",
        f"u:{SECRET}@x@h/db",
        f"u:1/{SECRET}@h:y/db",
        f"u: {SECRET}@h",
    ],
)
def test_no_part_of_a_password_is_taken_for_anything_else(rest: str) -> None:
    with pytest.raises(RecordError, match="is not of the form") as told:
        open_store(f"postgresql://{rest}")
    assert SECRET not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    ("rest", "shown"),
    [
        (f"u:{SECRET}@db.example:5432/runs?sslmode=require&password={SECRET}", "db.example:5432/runs"),
        (f"u:{SECRET}@one,two:6000/runs", "one,two:6000/runs"),
        (f"u:%2F{SECRET}%40@[::1]:5432/runs", "[::1]:5432/runs"),
        (f"/runs?host=/run/postgresql&password={SECRET}", "its usual place/runs"),
        ("u@h", "h"),
    ],
)
def test_a_store_is_shown_without_its_password(rest: str, shown: str) -> None:
    assert repr(open_store(f"postgresql://{rest}")) == f"PostgresStore(PostgreSQL at {shown})"


async def test_the_log_has_no_password(postgres: int, database: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_store(database.replace("postgres@", f"postgres:{SECRET}@")) as store:
        await store.size()
    assert SECRET not in caplog.text


async def test_asyncpg_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = "import sys; sys.modules['asyncpg'] = None\nfrom pipedreamer.record import open_store\n"
    script += "open_store('runs.db')\nopen_store('postgresql://u:s3cr3t@h/db')"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    _, error = await process.communicate()
    assert error.decode().splitlines()[-1].endswith("which is not installed: pip install 'pipedreamer[postgres]'")
    assert SECRET not in error.decode().splitlines()[-1]


async def test_a_migration_that_fails_leaves_all_as_it_was(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_store(database) as store:
        await store.write([Finished(finished())], await store.join("flow", "the tests", 60))
    failing = (*MIGRATIONS, "ALTER TABLE runs ADD COLUMN more text; CREATE TABLE runs (x int)")
    monkeypatch.setattr(preparing, "MIGRATIONS", failing)
    assert 'relation "runs" already exists' in await opened(database)
    monkeypatch.undo()
    async with open_store(database) as store:
        assert await store.run("flow", run_id(1)) == finished()
    monkeypatch.setattr(preparing, "MIGRATIONS", (*MIGRATIONS, "ALTER TABLE runs ADD COLUMN more text"))
    async with open_store(database) as store:
        assert await store.run("flow", run_id(1)) == finished()
    monkeypatch.undo()
    assert "newer version" in await opened(database)
