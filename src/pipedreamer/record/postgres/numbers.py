"""The numbers that stand for what many runs have in common; they never change, so they are kept in memory."""

from collections.abc import Iterable

from pipedreamer.record.model import NUMBERS, STATES_A_KIND, Code, Run
from pipedreamer.record.postgres.connection import Connection


class Numbers:
    """Numbers of kinds and codes, which are made when one is first met."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str, bool], int] = {}
        self._codes: dict[Code, int] = {}

    async def learn(self, connection: Connection, runs: Iterable[Run]) -> None:
        """Outside of any transaction, since what is kept in memory cannot be rolled back."""
        for run in runs:
            if (common := _common(run)) not in self._kinds:
                self._kinds[common] = await _number(connection, "kinds", "kind", _KIND, common)
            if (code := run.code) not in self._codes:
                values = (code.version, code.code, code.config, code.lock)
                self._codes[code] = await _number(connection, "codes", "code", _CODE, values)

    def kind(self, run: Run) -> int:
        """What stands in the row of a run."""
        return self._kinds[_common(run)] * STATES_A_KIND + NUMBERS[run.state]

    def code(self, code: Code) -> int:
        return self._codes[code]


_KIND = ("workflow", "version", "trigger", "durable")
_CODE = ("version", "digest", "config", "lock")


def _common(run: Run) -> tuple[str, str, str, bool]:
    return run.workflow, run.code.version, run.trigger, run.durable


async def _number(
    connection: Connection, table: str, number: str, columns: tuple[str, ...], values: tuple[object, ...]
) -> int:
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    wanted = " AND ".join(f"{column} = ${place}" for place, column in enumerate(columns, 1))
    found: int | None = await connection.fetchval(f"SELECT {number} FROM {table} WHERE {wanted}", *values)  # noqa: S608
    if found is None:
        insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
        await connection.execute(insert, *values)
        found = await connection.fetchval(f"SELECT {number} FROM {table} WHERE {wanted}", *values)  # noqa: S608
    assert found is not None  # noqa: S101
    return found
