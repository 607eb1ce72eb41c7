"""Bars over time: waits, attempts one below the other, and the critical path."""

from tests.unit.web import data

from pipedreamer.web.timeline import Row, critical_path, rows

PARENTS = {node["id"]: node["parents"] for node in data.workflow()["nodes"]}


def drawn(row: Row) -> list[tuple[str, float, float]]:
    return [(bar.kind, bar.x, bar.width) for bar in row.bars]


def test_a_wait_is_from_the_last_parents_end_and_between_attempts() -> None:
    first, second, third, last = rows(data.run(), PARENTS, data.NOW)
    assert drawn(first) == [("ok", 0, 20)]
    assert drawn(second) == [("retry", 20, 10), ("wait", 30, 20), ("ok", 50, 30)]
    assert drawn(third) == [("wait", 20, 5), ("ok", 25, 15)]
    assert drawn(last) == [("ok", 80, 20)]
    assert [row.took for row in (first, second, third, last)] == [20, 60, 15, 20]


def test_attempts_are_stacked() -> None:
    _, second, *_ = rows(data.run(), PARENTS, data.NOW)
    retry, _, ok = second.bars
    assert retry.y + retry.height <= ok.y


def test_the_critical_path_goes_through_the_parent_that_ended_last() -> None:
    assert critical_path(data.run(), PARENTS, data.NOW) == {"a", "b", "d"}
    assert [row.line is not None for row in rows(data.run(), PARENTS, data.NOW)] == [True, True, False, True]


def test_a_run_that_goes_on_ends_now() -> None:
    nodes = [data.node("a", "running", data.attempt(0, None, "running")), data.node("b", "waiting")]
    going = data.run(state="running", endedAt=None, nodes=nodes)
    first, second = rows(going, PARENTS, data.NOW + 50)
    assert drawn(first) == [("running", 0, 100)]
    assert first.took == 50
    assert second.bars == ()


def test_odd_times_stay_within_the_picture() -> None:
    nodes = [data.node("a", "succeeded", data.attempt(-50, 900)), data.node("x", "succeeded", data.attempt(99, 99))]
    for row in rows(data.run(nodes=nodes), {"x": ["gone", "x"]}, data.NOW):
        for bar in row.bars:
            assert bar.x >= 0
            assert bar.x + bar.width <= 100
