"""A record of as many runs as one likes, made by SQL from a few that were written as an engine writes them.

Run number n was accepted n * 250 ms after the first. What is rare is also old: that is what a list without the right
index looks for longest.
"""

import asyncio
import sqlite3
from pathlib import Path
from typing import Final

import asyncpg

from pipedreamer.record import Attempt, Code, Finished, Line, Run, State, Store, open_store

START: Final = 1_700_000_000_000
APART: Final = 250
WORKFLOW: Final = "bench"
_TEXT: Final = b'{"text":"%s","words":12,"lines":3}' % (b"x" * 60)
_KINDS: Final[tuple[tuple[str, State, str], ...]] = (
    ("http", "succeeded", "1.1"),
    ("http", "failed", "1.1"),
    ("cron", "succeeded", "1.1"),
    ("http", "succeeded", "1.0"),
    ("http", "failed", "1.0"),
    ("manual", "succeeded", "1.0"),
    ("http", "cancelled", "1.0"),
    ("manual", "failed", "0.9"),
)
_PICK: Final = """
    CASE WHEN {n} <= 3 THEN 7 WHEN {n} < 20 THEN 5 WHEN {n} < 60 THEN 6
    WHEN {n} < {old} THEN CASE WHEN {n} % 100 = 0 THEN 4 ELSE 3 END
    WHEN {n} % 100 = 0 THEN 1 WHEN {n} % 50 = 1 THEN 2 ELSE 0 END
"""
_COLUMNS: Final = "kind, code, started_at, ended_at, error, extra, detail"


def run_id(number: int) -> str:
    return f"{START + number * APART:012x}{'e' * 12}{number:08x}"


def _template(place: int) -> Run:
    trigger, state, version = _KINDS[place]
    return Run(
        id=f"{place + 1:012x}{'0' * 20}",
        workflow=WORKFLOW,
        code=Code(version, "c" * 64, "d" * 64, "e" * 64),
        trigger=trigger,
        state=state,
        started_at=START,
        ended_at=START + 3,
        error="" if state == "succeeded" else "ValueError: number 12 is not what it should be",
        input=_TEXT,
        attempts=tuple(Attempt(node, 1, "ok", START, START + 1, _TEXT) for node in ("read", "work", "count")),
        lines=(Line(1, START, "read", 1, "info", "reading a text of sixty letters"),),
    )


async def fill(place: str, runs: int) -> None:
    """Makes the record, which must not be there yet."""
    async with open_store(place) as store:
        await _write_templates(store)
    if place.startswith("postgresql:"):
        await _fill_postgresql(place, runs)
    else:
        await asyncio.to_thread(_fill_sqlite, Path(place), runs)


async def _write_templates(store: Store) -> None:
    epoch = await store.join(WORKFLOW, "filling", 600)
    await store.write([Finished(_template(place)) for place in range(len(_KINDS))], epoch)


def _fill_sqlite(file: Path, runs: int) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.create_function("id_of", 1, lambda number: bytes.fromhex(run_id(number)), deterministic=True)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    step = 500_000
    for first in range(1, runs + 1, step):
        last = min(runs, first + step - 1)
        connection.execute(
            f"WITH RECURSIVE series (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last})"
            f" INSERT INTO runs (id, {_COLUMNS}) SELECT id_of(n), {_COLUMNS} FROM series"
            f" JOIN runs template ON template.seq = 1 + {_PICK.format(n='n', old=runs * 3 // 10)}"
        )
    connection.execute(f"DELETE FROM runs WHERE seq <= {len(_KINDS)}")
    connection.execute("UPDATE sums SET value = ? WHERE name = 'uncounted'", (len(_KINDS),))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _fill_postgresql(url: str, runs: int) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": "pipedreamer", "synchronous_commit": "off"})
    made = f"decode(lpad(to_hex({START} + n * {APART}), 12, '0') || repeat('e', 12) || lpad(to_hex(n), 8, '0'), 'hex')"
    step = 500_000
    for first in range(1, runs + 1, step):
        last = min(runs, first + step - 1)
        await connection.execute(
            f"INSERT INTO runs (id, {_COLUMNS}) SELECT {made}, {_COLUMNS}"
            f" FROM generate_series({first}::bigint, {last}) AS n"
            f" JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, {_COLUMNS} FROM runs"
            f" WHERE id < '\\x000000001000'::bytea) AS template"
            f" ON template.place = {_PICK.format(n='n', old=runs * 3 // 10)} ORDER BY n"
        )
    await connection.execute("DELETE FROM runs WHERE id < '\\x000000001000'::bytea")
    await connection.execute("UPDATE epochs SET written = $1", runs)
    await connection.execute("ANALYZE")
    await connection.close()
