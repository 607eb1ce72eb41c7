"""The numbers that stand for what many runs have in common; kept in memory, since only this engine writes."""

import sqlite3

from pipedreamer.record.model import NUMBERS, STATES_A_KIND, Code, Run


class Numbers:
    """Numbers of kinds and codes, which are made when one is first met."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str, bool], int] = {}
        self._codes: dict[Code, int] = {}

    def kind(self, connection: sqlite3.Connection, run: Run) -> int:
        """What stands in the row of a run."""
        common = (run.workflow, run.code.version, run.trigger, run.durable)
        number = self._kinds.get(common)
        if number is None:
            connection.execute("INSERT OR IGNORE INTO kinds VALUES (NULL, ?, ?, ?, ?)", common)
            found = "SELECT kind FROM kinds WHERE workflow = ? AND version = ? AND trigger = ? AND durable = ?"
            number = self._kinds[common] = connection.execute(found, common).fetchone()[0]
        return number * STATES_A_KIND + NUMBERS[run.state]

    def code(self, connection: sqlite3.Connection, code: Code) -> int:
        number = self._codes.get(code)
        if number is None:
            common = (code.version, code.code, code.config, code.lock)
            connection.execute("INSERT OR IGNORE INTO codes VALUES (NULL, ?, ?, ?, ?)", common)
            found = "SELECT code FROM codes WHERE version = ? AND digest = ? AND config = ? AND lock = ?"
            number = self._codes[code] = connection.execute(found, common).fetchone()[0]
        return number
