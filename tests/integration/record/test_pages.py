"""Lists of runs, against a plain model of them."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from tests.integration.record.samples import CODE, NOW, accepted, finished, run_id

from pipedreamer.errors import RecordError
from pipedreamer.record import Accepted, Change, Ended, Epoch, Finished, Query, Run, Store, Summary

_COUNT = itertools.count(1)
TRIGGERS, VERSIONS = ("http", "cron", "manual"), ("1.0", "1.1", "2.0")
STATES = ("succeeded", "failed", "cancelled", "interrupted")
TEXTS = ("", "no", "NO way", "value: 12345678", "ünd", "%_\\", "abcdef01 is odd")

runs_of_any_kind = st.lists(
    st.fixed_dictionaries(
        {
            "ms": st.integers(0, 40),
            "state": st.sampled_from(STATES),
            "trigger": st.sampled_from(TRIGGERS),
            "version": st.sampled_from(VERSIONS),
            "error": st.sampled_from(TEXTS),
            "durable": st.booleans(),
        }
    ),
    max_size=40,
)
spans = st.none() | st.integers(-1, 42).map(lambda ms: NOW + ms)
queries = st.fixed_dictionaries(
    {
        "states": st.lists(st.sampled_from(("running", *STATES)), unique=True).map(tuple),
        "triggers": st.lists(st.sampled_from((*TRIGGERS, "none")), unique=True).map(tuple),
        "versions": st.lists(st.sampled_from((*VERSIONS, "9.9")), unique=True).map(tuple),
        "since": spans,
        "until": spans,
        "text": st.sampled_from((*TEXTS, "WAY", "12345", f"{NOW + 7:012x}", f"{NOW:012x}"[:9])),
        "limit": st.integers(1, 12),
    }
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=runs_of_any_kind, asked=st.lists(queries, min_size=1, max_size=5))
async def test_pages_are_those_of_a_plain_list(
    store: Store, kinds: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    workflow = f"flow-{next(_COUNT)}"
    runs = [made(workflow, kind) for kind in kinds]
    epoch = await store.join(workflow, "the tests", 60)
    await store.write([change for run in runs for change in changes(run)], epoch)
    await store.leave(epoch)
    for filters in asked:
        query = Query(workflow=workflow, **filters)
        assert await everything(store, query) == expected(runs, query)


async def test_a_page_that_is_full_tells_of_the_next(store: Store, epoch: Epoch) -> None:
    await store.write([Finished(finished(number)) for number in range(1, 8)], epoch)
    page = await store.page(Query(workflow="flow", limit=3))
    assert [one.id for one in page.summaries] == [run_id(number) for number in (7, 6, 5)]
    await store.write([Finished(finished(8))], epoch)
    assert page.next is not None
    page = await store.page(Query(workflow="flow", limit=4, before=page.next))
    assert [one.id for one in page.summaries] == [run_id(number) for number in (4, 3, 2, 1)]
    assert page.next is None


async def test_unfinished_runs_are_listed_by_their_state(store: Store, epoch: Epoch) -> None:
    await store.write([Accepted(accepted(1)), Accepted(accepted(2, state="running")), Finished(finished(3))], epoch)
    page = await store.page(Query(workflow="flow", states=("accepted", "running")))
    assert [(one.id, one.state) for one in page.summaries] == [(run_id(2), "running"), (run_id(1), "accepted")]
    await store.write([Ended(run_id(2), "cancelled", NOW)], epoch)
    page = await store.page(Query(workflow="flow", states=("cancelled", "running")))
    assert [(one.id, one.state) for one in page.summaries] == [(run_id(2), "cancelled")]


async def test_a_search_goes_on_where_it_has_looked_at_many(store: Store, epoch: Epoch) -> None:
    runs = [finished(number, state="failed", error="rare" if number == 3 else "often") for number in range(1, 1300)]
    for first in range(0, len(runs), 500):
        await store.write([Finished(run) for run in runs[first : first + 500]], epoch)
    page = await store.page(Query(workflow="flow", text="rare"))
    assert page.summaries == ()
    assert page.next is not None
    page = await store.page(Query(workflow="flow", text="rare", before=page.next))
    assert [one.id for one in page.summaries] == [run_id(3)]
    assert page.next is None


async def test_a_place_that_is_none_is_said_so(store: Store) -> None:
    with pytest.raises(RecordError, match="no place in a list"):
        await store.page(Query(workflow="flow", before="x"))


def made(workflow: str, kind: dict[str, Any]) -> Run:
    """A run that is unlike any other."""
    count = next(_COUNT)
    code = structs.replace(CODE, version=kind["version"])
    return finished(
        count,
        id=run_id(count, NOW + kind["ms"] - count),
        workflow=workflow,
        code=code,
        **{field: kind[field] for field in ("state", "trigger", "error", "durable")},
    )


def changes(run: Run) -> Sequence[Change]:
    """A durable one goes its way."""
    if not run.durable:
        return [Finished(run)]
    assert run.ended_at is not None
    begun = structs.replace(run, state="running", ended_at=None, error="", attempts=(), lines=())
    return [Accepted(begun), Ended(run.id, run.state, run.ended_at, run.error)]


def expected(runs: list[Run], query: Query) -> list[str]:
    """The ids, newest first."""
    return sorted((run.id for run in runs if matches(run, query)), reverse=True)


def matches(run: Run, query: Query) -> bool:
    text = query.text.lower()
    if len(text) >= 8 and all(letter in "0123456789abcdef" for letter in text):
        found = run.id.startswith(text)
    else:
        found = not text or (run.state != "succeeded" and text in run.error.lower())
    return (
        found
        and (not query.states or run.state in query.states)
        and (not query.triggers or run.trigger in query.triggers)
        and (not query.versions or run.code.version in query.versions)
        and (query.since is None or run.accepted_at >= query.since)
        and (query.until is None or run.accepted_at < query.until)
    )


async def everything(store: Store, query: Query) -> list[str]:
    """All pages of it; each no longer than it may be."""
    found: list[Summary] = []
    while True:
        page = await store.page(query)
        assert len(page.summaries) <= query.limit
        found += page.summaries
        if page.next is None:
            return [summary.id for summary in found]
        query = structs.replace(query, before=page.next)
