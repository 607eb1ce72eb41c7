"""Runs as an engine would write them."""

from typing import Any

from pipedreamer.record import Attempt, Code, Line, Run

CODE = Code("1.0", "c0de", "conf", "l0ck")
DAY = 86_400_000
NOW = 1_800_000_000_000


def run_id(number: int, at: int = NOW) -> str:
    """An id of a run that was accepted at `at` plus so many ms."""
    return f"{at + number:012x}{'e' * 12}{number:08x}"


def finished(number: int = 1, **changed: Any) -> Run:
    """A run of three nodes that has ended; later numbers were accepted later."""
    at = changed.pop("at", NOW)
    begun = at + number + 1
    fields: dict[str, Any] = {
        "id": run_id(number, at),
        "workflow": "flow",
        "code": CODE,
        "trigger": "http",
        "state": "succeeded",
        "started_at": begun,
        "ended_at": begun + 5,
        "input": b'{"number":%d}' % number,
        "attempts": tuple(
            Attempt(node, 1, "ok", begun + place, begun + place + 1, b'{"n":%d}' % place)
            for place, node in enumerate(("read", "work", "count"))
        ),
        "lines": (Line(1, begun, "read", 1, "info", f"reading {number}"),),
    }
    return Run(**{**fields, **changed})


def accepted(number: int = 1, **changed: Any) -> Run:
    """A durable run that has just begun."""
    fields = {"state": "accepted", "durable": True, "started_at": None, "ended_at": None, "attempts": (), "lines": ()}
    return finished(number, **{**fields, **changed})
