"""Durable runs in real workers on real stores: none is stuck, whatever the store refuses and whoever has gone."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from tests.integration.conftest import Bench
from tests.integration.record.carrying import FAILED, begun, request, until, waiting_run
from tests.integration.record.conftest import StartEngine

from pipedreamer.errors import RecordError
from pipedreamer.record import Accepted, Attempt, Ended, Limits, Progress, Query, open_store
from pipedreamer.runtime.references import References


async def test_what_cannot_be_written_is_written_later_and_no_node_runs_twice(
    start: StartEngine, tmp_path: Path
) -> None:
    engine = await start()
    run_id = await engine.durable.accept(request(tmp_path))
    engine.store.when = lambda change: isinstance(change, Progress | Ended) and engine.store.failures < 5
    run = await engine.ended(run_id)
    assert engine.store.failures == 5
    assert engine.said == [f"durable runs wait for the record: {FAILED}"]
    assert (run.state, run.error) == ("succeeded", "")
    assert begun(tmp_path) == ["a 1", "b 1", "c 1"]


async def test_a_run_that_was_accepted_although_it_could_not_be_said_is_carried_out(
    start: StartEngine, tmp_path: Path
) -> None:
    engine = await start(lease=1)
    engine.store.when, engine.store.late = lambda change: isinstance(change, Accepted), True
    with pytest.raises(RecordError, match=FAILED):
        await engine.durable.accept(request(tmp_path))
    engine.store.when = lambda _: False
    await until(lambda: len(begun(tmp_path)) == 3)
    (summary,) = (await engine.store.page(Query(workflow="flow"))).summaries
    assert (await engine.ended(summary.id)).state == "succeeded"


async def test_a_fault_of_the_store_is_told_and_what_comes_next_is_written(start: StartEngine, tmp_path: Path) -> None:
    engine = await start()
    engine.store.when, engine.store.error = lambda change: isinstance(change, Accepted), KeyError("odd")
    with pytest.raises(RecordError, match=r"the record itself failed: KeyError\('odd'\)"):
        await engine.durable.accept(request(tmp_path))
    engine.store.when = lambda _: False
    assert (await engine.ended(await engine.durable.accept(request(tmp_path)))).state == "succeeded"


async def test_a_run_at_which_the_engine_itself_fails_ends_as_interrupted(
    start: StartEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("odd")

    engine = await start(lease=1)
    monkeypatch.setattr(References, "restore", fail)
    run = waiting_run(b"{}")
    await engine.writer.write(Accepted(run))
    run = await engine.ended(run.id)
    assert (run.state, run.error) == ("interrupted", "the engine itself failed: KeyError('odd')")


async def test_a_run_whose_caller_is_gone_before_it_is_accepted_is_carried_out(
    start: StartEngine, tmp_path: Path
) -> None:
    engine = await start()
    accepting = asyncio.create_task(engine.durable.accept(request(tmp_path)))
    await asyncio.sleep(0)
    accepting.cancel()
    await until(lambda: len(begun(tmp_path)) == 3)
    assert begun(tmp_path) == ["a 1", "b 1", "c 1"]


async def test_an_output_that_the_record_does_not_take_fails_the_run(start: StartEngine, tmp_path: Path) -> None:
    engine = await start()
    run = await engine.ended(await engine.durable.accept(request(tmp_path, more=20_000)))
    assert (run.state, 'the output of node "a" (attempt 1) has' in run.error) == ("failed", True)
    await asyncio.wait_for(engine.durable.ended(run.id), 60)


async def test_a_run_that_waits_is_cancelled_also_where_that_cannot_be_written_at_once(
    start: StartEngine, tmp_path: Path
) -> None:
    engine = await start(at_once=1)
    first = await engine.durable.accept(request(tmp_path, waits=1))
    second = await engine.durable.accept(request(tmp_path))
    engine.store.when = lambda change: isinstance(change, Ended) and engine.store.failures < 3
    assert engine.durable.waiting == 1
    assert engine.durable.cancel(second)
    assert (await engine.ended(second)).state == "cancelled"
    (tmp_path / "signs" / "gate").touch()
    assert (await engine.ended(first)).state == "succeeded"
    assert begun(tmp_path) == ["a 1", "b 1", "c 1"]


async def test_a_run_for_which_there_is_no_room_waits_and_can_be_cancelled(
    bench: Bench, start: StartEngine, tmp_path: Path
) -> None:
    engine = await start()
    others = [bench.session.execute(request(tmp_path, waits=1).given) for _ in range(2)]
    await until(lambda: begun(tmp_path).count("b 1") == 2)
    first, second = [await engine.durable.accept(request(tmp_path)) for _ in range(2)]
    await asyncio.sleep(0.3)
    assert engine.durable.cancel(first)
    assert (await engine.ended(first)).state == "cancelled"
    (tmp_path / "signs" / "gate").touch()
    assert (await engine.ended(second)).state == "succeeded"
    await asyncio.gather(*others)
    assert len(begun(tmp_path)) == 9


async def test_a_run_with_a_value_that_is_gone_ends_as_interrupted(start: StartEngine, tmp_path: Path) -> None:
    async with open_store(tmp_path / "runs.db", Limits(inline=1000)) as store:
        epoch = await store.join("flow", "one before", 60)
        run = waiting_run(b'"%s"' % (b"x" * 2000))
        await store.write([Accepted(run)], epoch)
        for file in (tmp_path / "runs.db.values").iterdir():
            file.unlink()
    engine = await start(at=f"sqlite:{tmp_path / 'runs.db'}")
    ended = (await engine.store.page(Query(workflow="flow"))).summaries
    await asyncio.wait_for(engine.durable.ended(run.id), 60)
    ended = (await engine.store.page(Query(workflow="flow"))).summaries
    assert [(one.state, "is missing" in one.error) for one in ended] == [("interrupted", True)]


async def test_each_attempt_of_a_run_that_is_interrupted_again_and_again_has_its_own_number(
    start: StartEngine, tmp_path: Path
) -> None:
    engine = await start(silent=True)
    run_id = await engine.durable.accept(request(tmp_path, waits=1))

    def is_begun(attempt: str) -> bool:
        return attempt in begun(tmp_path)

    for number in range(1, 4):
        await until(partial(is_begun, f"b {number}"))
        await engine.durable.close()
        await engine.writer.lease.leave()
        if number == 3:
            (tmp_path / "signs" / "gate").touch()
        engine = await start(silent=True)
    run = await engine.ended(run_id)
    assert begun(tmp_path) == ["a 1", "b 1", "b 2", "b 3", "b 4", "c 1"]
    assert [(one.node, one.number, one.state) for one in run.attempts] == [
        ("a", 1, "ok"),
        *(("b", number, "interrupted") for number in (1, 2, 3)),
        ("b", 4, "ok"),
        ("c", 1, "ok"),
    ]


async def test_an_attempt_that_may_have_begun_after_one_that_was_cut_off_keeps_its_number(
    start: StartEngine, tmp_path: Path
) -> None:
    engine = await start(lease=1)
    run, now = waiting_run(request(tmp_path).given), 1_800_000_000_000
    done = Attempt("a", 1, "ok", now, now, request(tmp_path).given)
    lost = Attempt("b", 1, "interrupted", now, now, error="its worker process was killed")
    await asyncio.gather(*map(engine.writer.write, (Accepted(run), Progress(run.id, done), Progress(run.id, lost))))
    assert (await engine.ended(run.id)).state == "succeeded"
    assert begun(tmp_path) == ["b 3", "c 1"]
