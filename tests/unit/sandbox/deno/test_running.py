"""How a plan runs in a worker: the same as in one of Python (contract: running)."""

import time
from itertools import pairwise
from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import PATIENCE_S, DenoWorker

from pipedreamer.sandbox.protocol import Beat, Begun, Cancel, Idle, LogLine, Outcome, Ready, Run

ECHO = "export default (_ctx: unknown, input: unknown) => input;"
ATTEMPT = "export default (ctx: any) => ctx.attempt;"
FAILS = "export default () => { throw new Error('no'); };"


def _started(worker: DenoWorker, nodes: list[Any], stages: tuple[tuple[int, ...], ...]) -> DenoWorker:
    assert isinstance(worker.load(*nodes, stages=stages).messages[-1], Ready)
    return worker


def _slow(result: str) -> str:
    return f"export default async () => {{ await new Promise((r) => setTimeout(r, 100)); {result} }};"


def test_a_root_gets_the_input_one_parent_is_passed_on_several_are_keyed(launch: Any, write: Any) -> None:
    nodes = [
        write("root", ECHO),
        write("left", "export default async (_: unknown, i: unknown) => [i];", parents=(0,)),
        write("right", "export default () => undefined;", parents=(0,)),
        write("join-both", ECHO, parents=(2, 1)),
    ]
    worker = _started(launch(), nodes, ((0,), (1, 2), (3,)))
    heard = worker.run({"ä": 1})
    assert heard.outputs == {0: {"ä": 1}, 1: [{"ä": 1}], 2: None, 3: {"right": None, "left": [{"ä": 1}]}}
    assert [one.last for one in heard.of(Outcome)] == [False, False, False, True]


def test_attempts_that_outlast_a_turn_of_the_loop_are_told(launch: Any, write: Any) -> None:
    nodes = [write("a", _slow("return 1;")), write("b", _slow("return 2;"), parents=(0,), timeout_ms=5000)]
    worker = _started(launch(), nodes, ((0,), (1,)))
    before = time.monotonic_ns()
    heard = worker.run()
    after = time.monotonic_ns()
    told = [one for one in heard.messages if not isinstance(one, Beat)]
    assert [(type(one), one.node) for one in told] == [(Begun, 0), (Outcome, 0), (Begun, 1), (Outcome, 1)]
    outcomes = heard.of(Outcome)
    # The two clocks were compared when the process was started; a minute covers what a machine sets right meanwhile.
    slack = 60_000_000_000
    assert before - slack <= outcomes[0].started <= outcomes[0].ended <= outcomes[1].started <= after + slack
    limits = [one.deadline - outcome.started for one, outcome in zip(heard.of(Begun), outcomes, strict=True)]
    assert limits == [30_000_000_000, 5_000_000_000]


def test_an_attempt_that_ends_within_a_turn_is_noted_and_not_told(start: Any) -> None:
    worker: DenoWorker = start(ECHO)
    assert [type(one) for one in worker.run().messages] == [Outcome]
    assert [(one.run, one.node, one.attempt) for one in worker.noted()] == [(1, 0, 1)]


def test_an_attempt_is_noted_when_its_code_runs(launch: Any, write: Any) -> None:
    worker = _started(launch(), [write("a", ECHO), write("b", "export default () => { while (true); };")], ((0,), (1,)))
    worker.send(Run(1, "r", b"{}"), Run(2, "r", b"{}"))
    expected = [(1, 0), (2, 0), (1, 1)]
    deadline = time.monotonic() + PATIENCE_S
    while [(one.run, one.node) for one in worker.noted()] != expected:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lasts = worker.noted()[0].deadline - time.monotonic_ns()
    assert 0 < lasts < 90_000_000_000


def test_the_loop_turns_between_runs_and_when_there_are_no_more(start: Any) -> None:
    node = "let ticks = 0;\nsetInterval(() => ticks++, 1);\nexport default () => ticks;\n"
    worker: DenoWorker = start(node)
    under_load = worker.run().output
    for run in range(2, 2000):
        if worker.run(run=run).output > under_load + 2:
            break
    else:
        pytest.fail("no timer fired while runs came")
    worker.send(Idle())
    seen = worker.run(run=3000).output
    worker.send(Idle())
    time.sleep(0.2)
    assert worker.run(run=3001).output > seen + 5


def test_a_later_stage_waits_for_all_and_never_starts_after_a_failure(launch: Any, write: Any) -> None:
    nodes = [write("fast", ECHO), write("slow", _slow("throw new Error('no');")), write("after", ECHO, parents=(0,))]
    heard = _started(launch(), nodes, ((0, 1), (2,))).run()
    assert (set(heard.outputs), set(heard.errors)) == ({0}, {1})


def test_what_has_started_finishes_after_a_failure_and_closes_the_run(launch: Any, write: Any) -> None:
    nodes = [write("slow", _slow("return 'kept';")), write("fails", FAILS), write("never", ECHO, parents=(0, 1))]
    heard = _started(launch(), nodes, ((0, 1), (2,))).run()
    assert heard.outputs == {0: "kept"}
    assert [(one.node, one.state, one.last) for one in heard.of(Outcome)] == [(1, "failed", False), (0, "ok", True)]


def test_retries_wait_longer_each_time_and_each_is_told(start: Any) -> None:
    node = "export default (ctx: any) => { throw new Error(ctx.attempt); };"
    heard = start(node, node={"retries": 2}).run()
    place = "(nodes/n.ts:1)"
    assert heard.lines[:2] == [
        ("warn", f"attempt 1 of 3 failed: Error: 1 {place}"),
        ("warn", f"attempt 2 of 3 failed: Error: 2 {place}"),
    ]
    assert heard.lines[2][1].startswith(f"Error: 3 {place}\n  nodes/n.ts:1")
    outcomes = heard.of(Outcome)
    assert [(one.attempt, one.state, one.last) for one in outcomes] == [
        (1, "retry", False), (2, "retry", False), (3, "failed", True),
    ]  # fmt: skip
    waits = [(after.started - before.ended) / 1e6 for before, after in pairwise(outcomes)]
    assert waits[0] >= 100
    assert waits[1] >= 200


def test_a_waiting_retry_is_given_up_once_another_node_has_failed_for_good(launch: Any, write: Any) -> None:
    nodes = [write("tries", FAILS, retries=12), write("fails", _slow("throw new Error('now');"))]
    heard = _started(launch(), nodes, ((0, 1),)).run()  # twelve retries would wait for 7 minutes
    assert set(heard.errors) == {0, 1}
    assert heard.messages[-1].last


def test_a_run_goes_on_where_it_was_interrupted(launch: Any, write: Any) -> None:
    nodes = [write("a", FAILS), write("b", ATTEMPT, parents=(0,)), write("c", ECHO, parents=(0, 1))]
    heard = _started(launch(), nodes, ((0,), (1,), (2,))).run(done={0: b'{"from":"before"}'}, attempts={1: 3})
    assert heard.outputs == {1: 4, 2: {"a": {"from": "before"}, "b": 4}}
    assert [(one.node, one.attempt) for one in heard.of(Outcome)] == [(1, 4), (2, 1)]


def test_failures_before_an_interruption_count_against_the_retries(start: Any) -> None:
    heard = start(FAILS, node={"retries": 2}).run(attempts={0: 5}, failures={0: 2})
    assert [(one.attempt, one.state) for one in heard.of(Outcome)] == [(6, "failed")]


def test_a_job_of_some_nodes_ends_with_the_last_of_them(launch: Any, write: Any) -> None:
    nodes = [write(name, ECHO, parents=(index - 1,) if index else ()) for index, name in enumerate("abcd")]
    worker = _started(launch(), nodes, ((0,), (1,), (2,), (3,)))
    assert worker.run(5, nodes=(0, 1)).outputs == {0: 5, 1: 5}
    assert worker.run(5, run=2, done={0: b"1", 1: b"2"}, nodes=(2,)).outputs == {2: 2}
    assert worker.run(5, run=3, done={0: b"1", 1: b"2", 2: b"3"}).outputs == {3: 3}


def test_runs_go_on_beside_each_other(start: Any) -> None:
    node = """\
        const waiting = new Map<number, () => void>();
        export default async function run(_ctx: unknown, input: number) {
          if (input) waiting.get(0)!();
          else await new Promise<void>((resolve) => waiting.set(0, resolve));
          return input;
        }
    """
    worker: DenoWorker = start(node)
    worker.send(Run(1, "a", b"0"), Run(2, "b", b"1"))
    ended = [worker.until(lambda message: isinstance(message, Outcome)).messages[-1].run for _ in range(2)]
    assert ended == [2, 1]


def test_a_cancelled_run_ends_its_nodes_and_begins_no_more(launch: Any, write: Any) -> None:
    node = """\
        export default async function run(ctx: any) {
          ctx.log.info("waiting");
          await ctx.fetch("x", "/");
        }
    """
    nodes = [write("waits", node), write("tries", FAILS, retries=12), write("never", ECHO, parents=(0,))]
    worker = _started(launch(), nodes, ((0, 1), (2,)))
    worker.send(Run(1, "r", b"{}"))
    worker.until(lambda message: isinstance(message, Outcome) and message.state == "retry")
    worker.send(Cancel(1), Cancel(99))
    heard = worker.until(lambda message: isinstance(message, Outcome) and message.last)
    states = {one.node: (one.state, one.value) for one in heard.of(Outcome)}
    assert states[0] == ("cancelled", b"cancelled")
    assert states[1][0] == "failed"
    assert {(one.node, one.attempt) for one in heard.of(Begun)} <= {(0, 1)}
    assert 2 not in states
    assert "cancelled" not in [line.message for line in heard.of(LogLine)]


def test_a_plain_function_an_async_one_and_a_thenable_may_be_nodes(launch: Any, write: Any) -> None:
    sources = [
        "export default function (_ctx: unknown, input: number) { return input; }",
        "export default class { static x = 1; }",
        "export default () => ({ then: (resolve: (value: number) => void) => resolve(3) });",
    ]
    nodes = [write(name, source) for name, source in zip("abc", sources, strict=True)]
    heard = _started(launch(), nodes, ((0, 1, 2),)).run(1)
    assert heard.outputs == {0: 1, 2: 3}
    assert "cannot be invoked without 'new'" in heard.errors[1]


def test_a_wait_longer_than_timers_take_is_not_cut_to_nothing(start: Any) -> None:
    worker: DenoWorker = start(FAILS, node={"retries": 40})
    worker.send(Run(1, "r", b"{}", failures={0: 25}))
    worker.until(lambda message: isinstance(message, Outcome))
    worker.socket.settimeout(0.5)
    assert [message for message in worker.messages() if isinstance(message, Begun)] == []


def test_times_are_whole_where_the_machine_is_as_old_as_the_worker(launch: Any, write: Any) -> None:
    """In a sandbox of gVisor it is: a double then has room for parts of nanoseconds."""
    worker: DenoWorker = launch(now_ns=0)
    worker.load(write("n", "export default () => 1;"))
    time.sleep(2.2)
    assert [worker.run(run=run).outputs for run in range(300)] == [{0: 1}] * 300
