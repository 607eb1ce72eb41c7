"""What is written of runs is what is read of them."""

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.integration.record.samples import NOW, accepted, finished, run_id

from pipedreamer.errors import KeyTakenError, RecordError, StaleError, ValueTooBigError
from pipedreamer.record import (
    Accepted,
    Attempt,
    Began,
    Change,
    Ended,
    Epoch,
    Finished,
    Line,
    Progress,
    Query,
    Run,
    Said,
    Store,
    Summary,
)


async def test_a_finished_run_is_kept_with_all_its_parts(store: Store, epoch: Epoch) -> None:
    attempts = (
        Attempt("read", 1, "retry", NOW, NOW + 1, None, "ValueError: no"),
        Attempt("read", 2, "ok", NOW + 2, NOW + 3, b'{"text":"\xc3\xa9"}'),
    )
    run = finished(
        state="failed",
        error="no",
        attempts=attempts,
        rerun_of=run_id(0),
        rerun_from=("read",),
        key="k",
        key_digest=b"d",
    )
    assert await store.write([Finished(run)], epoch) == {}
    assert await store.run("flow", run.id) == run
    page = await store.page(Query(workflow="flow"))
    (summary,) = page.summaries
    assert summary == summary_of(run)
    assert (summary.accepted_at, summary.duration) == (NOW + 1, 5)


async def test_a_run_of_another_workflow_is_not_found(store: Store, epoch: Epoch) -> None:
    await store.write([Finished(finished())], epoch)
    assert await store.run("other", run_id(1)) is None
    assert await store.lines("other", run_id(1)) == ()
    assert await store.run("flow", "no id") is None
    assert (await store.page(Query(workflow="other"))).summaries == ()


async def test_a_group_of_any_size_is_stored_whole(store: Store, epoch: Epoch) -> None:
    for first, length in ((1, 1), (2, 3), (10, 64), (100, 200)):
        await store.write([Finished(finished(first + place)) for place in range(length)], epoch)
    page = await store.page(Query(workflow="flow", limit=1000))
    assert len(page.summaries) == 268
    assert (await store.size()).runs == 268
    assert await store.run("flow", run_id(299)) == finished(299)


async def test_what_is_written_twice_is_there_once(store: Store, epoch: Epoch) -> None:
    for _ in range(2):
        assert await store.write([Finished(finished(1)), Finished(finished(2))], epoch) == {}
    assert [one.id for one in (await store.page(Query(workflow="flow"))).summaries] == [run_id(2), run_id(1)]


async def test_a_durable_run_goes_its_way(store: Store, epoch: Epoch) -> None:
    run = accepted(key="k", key_digest=b"d")
    assert await store.write([Accepted(run)], epoch, durable=True) == {}
    assert await store.run("flow", run.id) == run
    await store.write([Began(run.id, NOW + 7)], epoch)
    assert (await state(store, run)) == ("running", NOW + 7, None)
    retry = Attempt("read", 1, "retry", NOW + 7, NOW + 8, None, "no")
    done = Attempt("read", 2, "ok", NOW + 9, NOW + 10, b"1")
    first, second = Line(1, NOW + 7, "read", 1, "info", "one"), Line(2, NOW + 9, "read", 2, "info", "two")
    await store.write([Progress(run.id, retry), Said(run.id, (first,))], epoch)
    await store.write([Said(run.id, (second,)), Progress(run.id, done)], epoch, durable=True)
    await store.write([Ended(run.id, "failed", NOW + 11, "why")], epoch)
    assert await store.run("flow", run.id) == structs.replace(
        run,
        state="failed",
        started_at=NOW + 7,
        ended_at=NOW + 11,
        error="why",
        attempts=(retry, done),
        lines=(first, second),
    )
    assert (await state(store, run)) == ("failed", NOW + 7, NOW + 11)


async def test_a_durable_run_may_come_and_end_within_one_group(store: Store, epoch: Epoch) -> None:
    run = accepted()
    attempt = Attempt("read", 1, "ok", NOW + 7, NOW + 8, b"1")
    group: list[Change] = [
        Accepted(run),
        Progress(run.id, attempt),
        Ended(run.id, "succeeded", NOW + 9),
        Finished(finished(2)),
    ]
    for _ in range(2):
        assert await store.write(group, epoch) == {}
        assert await store.run("flow", run.id) == structs.replace(
            run, state="succeeded", started_at=NOW + 7, ended_at=NOW + 9, attempts=(attempt,)
        )
    assert await store.run("flow", run_id(2)) == finished(2)


async def test_an_attempt_that_ended_takes_the_place_of_its_beginning(store: Store, epoch: Epoch) -> None:
    run = accepted()
    ended = Attempt("read", 1, "ok", NOW, NOW + 8, b"1")
    begun = structs.replace(ended, ended_at=None, output=None)
    await store.write([Accepted(run), Progress(run.id, begun)], epoch)
    await store.write([Progress(run.id, ended)], epoch)
    assert (await kept(store, run)).attempts == (ended,)


async def test_lines_are_read_from_where_one_was(store: Store, epoch: Epoch) -> None:
    lines = tuple(Line(number, NOW, "read", 1, "info", f"line {number}") for number in range(1, 8))
    whole, durable = finished(1, lines=lines), accepted(2)
    said = Said(durable.id, lines)
    await store.write([Finished(whole), Accepted(durable), said, said], epoch)
    for run in (whole, durable):
        assert await store.lines("flow", run.id) == lines
        assert await store.lines("flow", run.id, after=2, limit=3) == lines[2:5]
        assert await store.lines("flow", run.id, after=7) == ()


async def test_a_word_of_a_run_that_nobody_accepted_is_refused_alone(store: Store, epoch: Epoch) -> None:
    refused = await store.write([Ended(run_id(1), "succeeded", NOW), Finished(finished(2))], epoch)
    assert {run: type(error) for run, error in refused.items()} == {run_id(1): StaleError}
    assert await store.run("flow", run_id(1)) is None
    assert await store.run("flow", run_id(2)) == finished(2)


async def test_a_word_of_a_run_that_has_ended_is_refused(store: Store, epoch: Epoch) -> None:
    run = accepted()
    ended = Ended(run.id, "succeeded", NOW + 9)
    await store.write([Accepted(run), ended], epoch)
    assert await store.write([ended], epoch) == {}
    late: list[Change] = [
        Ended(run.id, "failed", NOW + 10, "late"),
        Said(run.id, (Line(1, NOW, "", 0, "info", "late"),)),
    ]
    assert list(await store.write(late, epoch)) == [run.id]
    assert ((await kept(store, run)).state, (await kept(store, run)).lines) == ("succeeded", ())


async def test_a_key_starts_one_run(store: Store, epoch: Epoch) -> None:
    first = accepted(1, key="k", key_digest=b"body")
    await store.write([Accepted(first)], epoch)
    same, other = accepted(2, key="k", key_digest=b"body"), accepted(3, key="k", key_digest=b"other")
    line = Said(same.id, (Line(1, NOW, "", 0, "info", "lost"),))
    refused = await store.write([Accepted(same), Accepted(other), line, Accepted(accepted(4, key="l"))], epoch)
    errors = {
        run: (error.run_id, error.same_body) for run, error in refused.items() if isinstance(error, KeyTakenError)
    }
    assert errors == {same.id: (first.id, True), other.id: (first.id, False)}
    assert await store.run("flow", same.id) is None
    assert await store.find_key("flow", "k") == (first.id, b"body")
    assert await store.find_key("flow", "l") == (run_id(4), None)
    assert await store.find_key("flow", "m") is None
    assert await store.find_key("other", "k") is None


async def test_two_with_one_key_in_one_group_are_one_run(store: Store, epoch: Epoch) -> None:
    refused = await store.write([Accepted(accepted(1, key="k")), Accepted(accepted(2, key="k"))], epoch)
    assert list(refused) == [run_id(2)]
    assert await store.find_key("flow", "k") == (run_id(1), None)


async def test_large_values_are_kept_beside_their_run(store: Store, epoch: Epoch) -> None:
    lines = tuple(Line(number, NOW, "read", 1, "info", "x" * 100) for number in range(1, 30))
    output = Attempt("read", 1, "ok", NOW, NOW + 1, b'"' + b"o" * 5000 + b'"')
    run = finished(1, input=b'"' + b"i" * 3000 + b'"', attempts=(output, *finished().attempts[1:]), lines=lines)
    durable = accepted(2, input=b'"' + b"j" * 3000 + b'"')
    group: list[Change] = [Finished(run), Accepted(durable), Progress(durable.id, output)]
    for _ in range(2):
        assert await store.write(group, epoch, durable=True) == {}
    assert await store.run("flow", run.id) == run
    assert await store.lines("flow", run.id, after=28) == lines[28:]
    assert (await kept(store, durable)).input == durable.input
    assert (await kept(store, durable)).attempts == (output,)


async def test_what_is_past_the_limit_is_refused_and_the_rest_is_stored(store: Store, epoch: Epoch) -> None:
    big = b'"' + b"x" * 10_000 + b'"'
    durable = accepted(3)
    await store.write([Accepted(durable)], epoch)
    too_big = Attempt("read", 2, "ok", NOW, NOW + 1, big)
    said = Said(durable.id, (Line(1, NOW, "", 0, "info", "lost"),))
    changes: list[Change] = [
        Finished(finished(1, input=big)),
        Finished(finished(2)),
        said,
        Progress(durable.id, too_big),
    ]
    refused = await store.write(changes, epoch)
    assert {run: type(error) for run, error in refused.items()} == dict.fromkeys(
        (run_id(1), durable.id), ValueTooBigError
    )
    assert "its input has 10,002 bytes" in str(refused[run_id(1)])
    assert 'the output of node "read" (attempt 2)' in str(refused[durable.id])
    assert await store.run("flow", run_id(1)) is None
    assert await store.run("flow", run_id(2)) == finished(2)
    assert await store.run("flow", durable.id) == durable


@pytest.mark.parametrize("wrong", [{"id": "short"}, {"id": "z" * 32}, {"workflow": "other"}])
async def test_what_is_no_run_of_this_engine_is_refused(store: Store, epoch: Epoch, wrong: dict[str, str]) -> None:
    refused = await store.write([Finished(finished(1, **wrong)), Finished(finished(2))], epoch)
    assert [type(error) for error in refused.values()] == [RecordError]
    assert [one.id for one in (await store.page(Query(workflow="flow"))).summaries] == [run_id(2)]


def summary_of(run: Run) -> Summary:
    return Summary(**{field: getattr(run, field) for field in Summary.__struct_fields__})


async def kept(store: Store, run: Run) -> Run:
    found = await store.run("flow", run.id)
    assert found is not None
    return found


async def state(store: Store, run: Run) -> tuple[str, int | None, int | None]:
    (summary,) = (await store.page(Query(workflow="flow", text=run.id))).summaries
    return summary.state, summary.started_at, summary.ended_at


async def test_a_record_has_a_seal_of_its_own_that_stays(open_at: Any, tmp_path: Path) -> None:
    seals = {await (await open_at()).seal() for _ in range(2)}
    (seal,) = seals
    assert re.fullmatch(r"[0-9a-f]{16}", seal)
