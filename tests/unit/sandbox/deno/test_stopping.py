"""A timeout ends a node, and what it left behind ends with it."""

from itertools import islice, takewhile
from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker

from pipedreamer.sandbox.protocol import Beat, Begun, Cancel, Fetch, FetchStop, Outcome, Ready, Run, Stuck

TIMED_OUT = 'Node "n" timed out after 400ms'
SHORT = {"timeout_ms": 400}
ALLOW_NET = "--allow-net=127.0.0.1"


def _is_outcome(message: object) -> bool:
    return isinstance(message, Outcome)


def test_a_node_that_waits_for_a_fetch_is_stopped_and_so_is_the_fetch(start: Any) -> None:
    worker: DenoWorker = start("export default (ctx: any) => ctx.fetch('x', '/');", node=SHORT)
    heard = worker.run()
    assert heard.errors == {0: TIMED_OUT}
    assert heard.of(FetchStop)
    assert heard.lines == [("error", TIMED_OUT)]
    assert heard.of(Stuck) == []


def test_a_node_that_waits_for_a_fetch_of_its_own_is_stopped(start: Any) -> None:
    heard = start("export default () => fetch('http://shop.example/');", node=SHORT).run()
    assert heard.errors == {0: TIMED_OUT}


@pytest.mark.parametrize("given", ["{ signal: new AbortController().signal }", "new Request('http://x')"])
def test_so_is_one_with_a_signal_of_its_own(given: str, start: Any) -> None:
    node = f"export default () => fetch('http://shop.example/', {given});"
    assert start(node, node=SHORT).run().errors == {0: TIMED_OUT}


def test_a_result_that_comes_late_is_thrown_away(start: Any) -> None:
    node = """\
        export default async function run(ctx: any) {
          try {
            await ctx.fetch("x", "/");
          } catch (error) {
            ctx.log.info(error.name);
            return "too late";
          }
        }
    """
    heard = start(node, node=SHORT).run()
    assert heard.errors == {0: TIMED_OUT}
    assert heard.lines[0] == ("info", "AbortError")


def test_a_result_after_too_long_a_computation_is_thrown_away(start: Any) -> None:
    node = "export default () => { const end = Date.now() + 800; while (Date.now() < end); return 'too late'; };"
    assert start(node, node=SHORT).run().errors == {0: TIMED_OUT}


def test_a_timeout_counts_per_attempt_and_retries_follow(start: Any) -> None:
    node = "export default (ctx: any) => ctx.attempt < 3 ? ctx.fetch('x', '/') : ctx.attempt;"
    heard = start(node, node={**SHORT, "retries": 2}).run()
    assert heard.outputs == {0: 3}
    assert heard.lines[0] == ("warn", f"attempt 1 of 3 failed: {TIMED_OUT}")


STUCK = {
    "a promise that nobody settles": "await new Promise(() => {});",
    "a timer": "await new Promise((resolve) => setTimeout(resolve, 60_000));",
    "a timer of node:timers": "await sleep(60_000);",
    "swallowing": "while (true) try { await ctx.fetch('x', '/'); } catch { /* again */ }",
    "swallowing its own fetches": "while (true) try { await fetch('http://127.0.0.1:PORT/'); } catch { /* again */ }",
}


@pytest.mark.parametrize("body", STUCK.values(), ids=STUCK)
def test_an_attempt_that_does_not_end_is_told_once_and_its_worker_lives_on(
    body: str, start: Any, silent_server: int
) -> None:
    node = f"""\
        import {{ setTimeout as sleep }} from "node:timers/promises";
        export default async function run(ctx: any, input: any) {{
          if (input === "free") return input;
          void sleep;
          {body.replace("PORT", str(silent_server))}
        }}
    """
    worker: DenoWorker = start(node, ALLOW_NET, node=SHORT)
    worker.send(Run(7, "r", b"{}"))
    heard = worker.until(lambda message: isinstance(message, Stuck))
    assert heard.messages[-1] == Stuck(run=7, node=0)
    assert heard.of(Outcome) == []
    beats = 0
    while beats < 20:
        message = worker.next()
        assert not isinstance(message, Stuck | Outcome)
        beats += isinstance(message, Beat)
    assert worker.run("free", run=8).outputs == {0: "free"}


def test_a_timer_cleared_with_its_attempt_never_fires(start: Any) -> None:
    node = """\
        import { setInterval as nodeInterval, setTimeout as nodeTimeout } from "node:timers";
        import { setInterval as ticks, setTimeout as sleep } from "node:timers/promises";
        let open: () => void;
        const afterTheEnd = new Promise<void>((resolve) => open = resolve);
        export default async function run(ctx: any, input: string) {
          if (input === "quiet") {
            open();
            return await new Promise((resolve) => setTimeout(resolve, 500));
          }
          const say = (what: string) => () => ctx.log.info(what);
          setTimeout(say("timeout"), 100);
          setInterval(say("interval"), 100);
          nodeTimeout(say("node timeout"), 100);
          nodeInterval(say("node interval"), 100);
          void sleep(100).then(say("promise"));
          void (async () => { for await (const _ of ticks(100)) say("async iterator")(); })();
          void afterTheEnd.then(() => {
            setTimeout(say("made after the end"), 1);
            setImmediate(say("immediate after the end"));
          });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
    """
    worker: DenoWorker = start(node)
    assert worker.run().lines == []
    assert worker.run("quiet", run=2).lines == []


def test_fetches_left_behind_end_with_their_attempt_and_nobody_is_told(start: Any) -> None:
    node = """\
        let open: () => void;
        const afterTheEnd = new Promise<void>((resolve) => open = resolve);
        export default async function run(ctx: any, input: string) {
          if (input === "quiet") {
            open();
            return await new Promise((resolve) => setTimeout(resolve, 100));
          }
          void ctx.fetch("x", "/1");
          void fetch("http://shop.example/");
          void afterTheEnd.then(() => ctx.fetch("x", "/2"));
          void afterTheEnd.then(() => fetch("http://shop.example/2"));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
    """
    worker: DenoWorker = start(node)
    heard = worker.run()
    later = worker.run("quiet", run=2)
    assert [one.path for one in heard.of(Fetch) + later.of(Fetch)] == ["/1", "http://shop.example/"]
    assert len(heard.of(FetchStop) + later.of(FetchStop)) == 2
    assert heard.lines + later.lines == []


def test_the_worker_beats_while_attempts_run_and_not_otherwise(start: Any) -> None:
    worker: DenoWorker = start("export default (ctx: any) => ctx.fetch('x', '/');")
    worker.send(Run(1, "r", b"{}"))
    for _ in range(5):
        worker.until(lambda message: isinstance(message, Beat))
    worker.send(Cancel(1))
    worker.until(_is_outcome)
    worker.socket.settimeout(0.5)
    late = list(takewhile(lambda message: isinstance(message, Beat), islice(worker.messages(), 20)))
    assert len(late) < 20


def test_a_neighbour_that_held_the_loop_does_not_cost_others_their_time(launch: Any, write: Any) -> None:
    waits = "export default () => new Promise((resolve) => setTimeout(() => resolve('in time'), 50));"
    holds = """
        export default async function run() {
          await new Promise((resolve) => setTimeout(resolve, 1));
          const end = Date.now() + 600;
          while (Date.now() < end);
        }
    """
    worker: DenoWorker = launch()
    nodes = write("waits", waits, timeout_ms=300), write("holds", holds)
    assert isinstance(worker.load(*nodes, stages=((0, 1),)).messages[-1], Ready)
    assert worker.run().outputs == {0: "in time", 1: None}


def test_a_node_that_holds_the_loop_again_and_again_is_stopped_all_the_same(start: Any) -> None:
    node = """\
        export default async function run() {
          while (true) {
            const end = Date.now() + 80;
            while (Date.now() < end);
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        }
    """
    worker: DenoWorker = start(node, node=SHORT)
    worker.send(Run(1, "r", b"{}"))
    assert isinstance(worker.next(), Begun)
    worker.until(lambda message: isinstance(message, Stuck))
