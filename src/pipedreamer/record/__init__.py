"""What is kept of runs, in SQLite or PostgreSQL. Runs nothing, and knows neither workflows nor HTTP."""

from pipedreamer.record.changes import Accepted, Began, Change, Ended, Finished, Progress, Said
from pipedreamer.record.model import FINISHED, Attempt, Code, Line, Run, State, Summary
from pipedreamer.record.opening import open_store
from pipedreamer.record.query import Page, Query
from pipedreamer.record.store import Epoch, Limits, Refusals, Retention, Size, Store

__all__ = [
    "FINISHED", "Accepted", "Attempt", "Began", "Change", "Code", "Ended", "Epoch", "Finished", "Limits", "Line",
    "Page", "Progress", "Query", "Refusals", "Retention", "Run", "Said", "Size", "State", "Store", "Summary",
    "open_store",
]  # fmt: skip
