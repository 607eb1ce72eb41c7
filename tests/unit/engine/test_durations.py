"""The buckets that run durations are counted into."""

from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.engine.metrics import BOUNDS_MS, Durations


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
