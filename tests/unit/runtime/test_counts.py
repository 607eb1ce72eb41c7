"""What is counted of runs and nodes."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.runtime.counts import BOUNDS_MS, MOST_NODES, Durations, RunCounts
from pipedreamer.runtime.result import Attempt, RunResult, Timing


def test_a_bound_belongs_to_its_own_bucket() -> None:
    durations = Durations()
    durations.observe(100)
    durations.observe(101)
    buckets = dict(durations.buckets())
    assert (buckets["0.05"], buckets["0.1"], buckets["0.25"], buckets["+Inf"]) == (0, 1, 2, 2)
    assert durations.sum_seconds == 0.201


@given(st.lists(st.integers(min_value=0, max_value=10_000_000)))
def test_each_bucket_counts_all_that_took_no_longer(taken: list[int]) -> None:
    durations = Durations()
    for milliseconds in taken:
        durations.observe(milliseconds)
    counted = [count for _, count in durations.buckets()]
    assert counted == [sum(one <= bound for one in taken) for bound in BOUNDS_MS] + [len(taken)]


def result(
    *, nodes: dict[str, int], failed: str = "", attempts: tuple[Attempt, ...] = (), cancelled: bool = False
) -> RunResult:
    timings = {name: Timing(1000, 1000 + taken, taken) for name, taken in nodes.items()}
    outputs = {name: b"1" for name in nodes if name != failed}
    errors = {failed: "no"} if failed else {}
    taken = sum(nodes.values())
    return RunResult("r", "1.0", outputs, errors, Timing(1000, 1000 + taken, taken), timings, attempts, cancelled)


def tried(node: str, number: int, state: Literal["ok", "retry", "failed", "cancelled", "interrupted"]) -> Attempt:
    return Attempt(node, number, state, 1000, 1001)


def test_runs_are_counted_by_how_they_ended() -> None:
    counts = RunCounts()
    for _ in range(5):
        counts.admit(5)
    counts.ended(result(nodes={"a": 1}))
    counts.ended(result(nodes={"a": 2}))
    counts.ended(result(nodes={"a": 3}, failed="a"))
    counts.ended(result(nodes={"a": 4}, failed="a", cancelled=True))
    counts.ended(None)
    assert counts.by_state == {"succeeded": 2, "failed": 1, "cancelled": 1, "interrupted": 1}
    assert counts.active == 0
    assert (sum(counts.durations.counts), counts.durations.sum_ms) == (4, 10)


def test_nodes_are_counted_with_their_retries() -> None:
    counts = RunCounts()
    counts.follow(["a", "b"])
    counts.ended(result(nodes={"a": 1, "b": 5}))
    retried = (tried("b", 1, "retry"), tried("b", 2, "interrupted"), tried("b", 3, "ok"))
    counts.ended(result(nodes={"a": 1, "b": 50}, attempts=retried))
    counts.ended(result(nodes={"a": 1, "b": 7}, failed="b", attempts=(tried("b", 1, "retry"), tried("b", 2, "failed"))))
    assert counts.nodes["a"].attempts()["succeeded"] == 3
    b = counts.nodes["b"]
    assert b.attempts() == {"succeeded": 2, "retried": 2, "failed": 1, "cancelled": 0, "interrupted": 1}
    assert (b.durations.sum_ms, sum(b.durations.counts)) == (62, 3)


def test_a_node_that_never_began_has_no_attempt() -> None:
    counts = RunCounts()
    counts.follow(["a"])
    counts.ended(RunResult("r", "1.0", {}, {"a": 'Node "a" was cancelled'}, Timing(1, 1, 0), cancelled=True))
    assert set(counts.nodes["a"].attempts().values()) == {0}


def test_nodes_of_the_present_plan_count_on_and_others_are_forgotten() -> None:
    counts = RunCounts()
    counts.follow(["a", "gone"])
    counts.ended(result(nodes={"a": 1, "gone": 1}))
    counts.follow(["a", "new"])
    counts.ended(result(nodes={"a": 1, "gone": 1}, failed="gone", attempts=(tried("gone", 1, "failed"),)))
    assert {name: node.attempts()["succeeded"] for name, node in counts.nodes.items()} == {"a": 2, "new": 0}


def test_past_a_number_of_nodes_the_rest_is_counted_together() -> None:
    names = [f"n{number}" for number in range(MOST_NODES + 100)]
    counts = RunCounts()
    counts.follow(names)
    counts.ended(result(nodes=dict.fromkeys(names, 1)))
    assert len(counts.nodes) == MOST_NODES + 1
    assert counts.nodes[""].attempts()["succeeded"] == 100
    counts.follow(names)
    assert counts.nodes[""].attempts()["succeeded"] == 100


def test_a_copy_stands_still() -> None:
    counts = RunCounts()
    counts.follow(["a"])
    counts.ended(result(nodes={"a": 1}))
    copied = counts.nodes["a"].copy()
    counts.ended(result(nodes={"a": 1}, failed="a", attempts=(tried("a", 1, "failed"),)))
    assert copied.attempts() == {"succeeded": 1, "retried": 0, "failed": 0, "cancelled": 0, "interrupted": 0}
    assert copied.durations.sum_ms == 1
