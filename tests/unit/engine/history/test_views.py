"""Runs as callers see them."""

import msgspec
import pytest

from pipedreamer.engine.history.views import result, summary
from pipedreamer.record import Attempt, Code, Run, State
from pipedreamer.runtime.result import RunAnswer

ID = "00000000000a" + "0" * 20


def run(state: State, started: int | None, ended: int | None, *attempts: Attempt) -> Run:
    code = Code("1.0", "c")
    return Run(
        id=ID,
        workflow="flow",
        code=code,
        trigger="manual",
        state=state,
        started_at=started,
        ended_at=ended,
        input=b"{}",
        attempts=attempts,
    )


@pytest.mark.parametrize(
    ("state", "has_ended"),
    [
        ("accepted", False),
        ("running", False),
        ("succeeded", True),
        ("failed", True),
        ("cancelled", True),
        ("interrupted", True),
    ],
)
def test_a_run_says_whether_it_has_ended(state: State, has_ended: bool) -> None:
    assert summary(run(state, 10, None)).has_ended is has_ended


def test_a_run_that_never_began_is_answered_like_any_other() -> None:
    answer = msgspec.json.decode(result(run("cancelled", None, 30), bytes), type=RunAnswer)
    assert (answer.success, answer.errors, bytes(answer.outputs)) == (False, {}, b"{}")
    assert (answer.timing.started_at, answer.timing.completed_at, answer.timing.duration_ms) == (30, 30, 0)


def test_the_last_attempt_at_a_node_is_answered() -> None:
    attempts = (
        Attempt("a", 1, "retry", 11, 12, error="not yet"),
        Attempt("a", 2, "ok", 13, 15, output=b"1.0"),
        Attempt("b", 1, "interrupted", 15),
    )
    answer = msgspec.json.decode(result(run("interrupted", 10, 30, *attempts), bytes), type=RunAnswer)
    assert bytes(answer.outputs) == b'{"a":1.0}'
    assert answer.errors == {"b": ""}
    assert {name: each.duration_ms for name, each in answer.timing.node_timings.items()} == {"a": 2, "b": 15}
