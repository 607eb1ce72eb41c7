"""No page, run or step of retention is found by looking at all runs: the databases say how they would look."""

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from benchmarks.record.filling import WORKFLOW, fill, run_id
from benchmarks.record.pages import queries

from pipedreamer.record import Retention, open_store
from pipedreamer.record.postgres import pruning as postgres_pruning
from pipedreamer.record.postgres import reading as postgres_reading
from pipedreamer.record.postgres.connecting import READING
from pipedreamer.record.sqlite import pruning, reading
from pipedreamer.record.sqlite.connecting import connect
from pipedreamer.record.sqlite.files import Files

RUNS = 100_000
QUERIES = queries(RUNS)
MOST_READ = 260
"""So many runs of a kind a search for text looks at, at most; all other pages, and a step of retention, at fewer."""
SMALL = ("kinds", "codes")
"""Tables of a few rows, however many runs there are."""
LOOKS_THROUGH = rf"SCAN (?!CONSTANT|{'|'.join(SMALL)})"
"""How SQLite says it."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("filled") / "runs.db"
    asyncio.run(fill(str(file), RUNS))
    return file


@pytest.fixture(scope="module")
def filled(postgres: int) -> str:
    url = f"postgresql://postgres@127.0.0.1:{postgres}"

    async def create() -> None:
        connection = await asyncpg.connect(f"{url}/postgres")
        await connection.execute("CREATE DATABASE filled")
        await connection.close()
        await fill(f"{url}/filled", RUNS)

    asyncio.run(create())
    return f"{url}/filled"


@pytest.fixture
def connection(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(file)) as opened:
        yield opened


@pytest.fixture
async def reader(filled: str) -> AsyncIterator[Any]:
    """A connection as those that read."""
    opened = await asyncpg.connect(filled, server_settings=READING)
    yield opened
    await opened.close()


@pytest.mark.parametrize("name", QUERIES)
def test_sqlite_searches_for_pages(connection: sqlite3.Connection, name: str) -> None:
    assert scans(connection, lambda: reading.page(connection, QUERIES[name])) == []


def test_sqlite_searches_for_a_run(connection: sqlite3.Connection, file: Path) -> None:
    files, run = Files(file.with_name("values")), bytes.fromhex(run_id(1000))
    assert scans(connection, lambda: reading.run(connection, files, WORKFLOW, run)) == []
    assert scans(connection, lambda: reading.lines(connection, files, WORKFLOW, run, 0, 10)) == []
    assert scans(connection, lambda: pruning.size(connection, file)) == []


def test_sqlite_searches_for_what_to_remove(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "runs.db"
    shutil.copyfile(file, copy)
    with closing(connect(copy)) as connection:
        for keep in (Retention(runs=RUNS - 10), Retention(age=0, runs=None)):
            assert scans(connection, partial(pruning.prune, connection, Files(tmp_path), 2**47, keep)) == []


def test_a_scan_of_sqlite_would_be_found(connection: sqlite3.Connection) -> None:
    looking = "SELECT count(*) FROM runs WHERE error = 'x'"
    sorting = "SELECT id FROM runs WHERE kind IN (8, 9) ORDER BY id"
    for wrong in (looking, sorting):
        assert scans(connection, partial(connection.execute, wrong))


@pytest.mark.parametrize("name", QUERIES)
async def test_postgresql_searches_for_pages(reader: Any, name: str) -> None:
    with asked(reader) as statements:
        await postgres_reading.page(reader, QUERIES[name])
    assert [plan for statement in statements for plan in await much(reader, statement)] == []


async def test_postgresql_searches_for_a_run_and_what_to_remove(reader: Any) -> None:
    run = bytes.fromhex(run_id(1000))
    with asked(reader) as statements:
        await postgres_reading.run(reader, WORKFLOW, run)
        await postgres_reading.lines(reader, WORKFLOW, run, 0, 10)
        await reader.fetch(postgres_pruning.OLDEST, WORKFLOW, b"\xff" * 16, 200)
    assert [plan for statement in statements for plan in await much(reader, statement)] == []


async def test_a_scan_of_postgresql_would_be_found(reader: Any) -> None:
    assert await much(reader, ("SELECT count(*) FROM runs WHERE error = 'x'", ()))
    assert await much(reader, ("SELECT id FROM runs WHERE error = $1 ORDER BY id LIMIT 10", ("x",)))


@pytest.mark.parametrize("name", QUERIES)
async def test_the_pages_of_both_are_the_same(file: Path, filled: str, name: str) -> None:
    async with open_store(file) as one, open_store(filled) as other:
        page = await one.page(QUERIES[name])
        assert page == await other.page(QUERIES[name])
        assert bool(page.summaries) != ("(none" in name)


def scans(connection: sqlite3.Connection, act: Any) -> list[str]:
    """What SQLite would look through from end to end for the statements that are carried out."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    act()
    connection.set_trace_callback(None)
    found = []
    for statement in statements:
        if statement.startswith(("SELECT", "DELETE", "UPDATE")):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
            is_sorted = any("TEMP B-TREE" in step for step in plan) and "seq IN" not in statement
            found += [f"{step}: {statement}" for step in plan if is_sorted or re.match(LOOKS_THROUGH, step)]
    return found


@contextmanager
def asked(connection: Any) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """The statements that are carried out meanwhile, with what they are given."""
    statements: list[tuple[str, tuple[Any, ...]]] = []

    def note(record: Any) -> None:
        if record.query.lstrip().startswith("SELECT") and "pg_" not in record.query:
            statements.append((record.query, record.args))

    with connection.query_logger(note):
        yield statements


async def much(connection: Any, statement: tuple[str, tuple[Any, ...]]) -> list[str]:
    """The steps of a plan that read more rows than a page has, or a table from end to end."""
    query, given = statement
    plan = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *given))[0]["Plan"]
    return [
        f"{step['Node Type']} of {step.get('Relation Name')}, {step['Actual Rows']} rows: {query}"
        for step in steps(plan)
        if step.get("Relation Name", SMALL[0]) not in SMALL
        and (step["Node Type"] == "Seq Scan" or step["Actual Rows"] + step.get("Rows Removed by Filter", 0) > MOST_READ)
    ]


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps(part)
