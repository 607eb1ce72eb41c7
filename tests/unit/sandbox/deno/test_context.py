"""What `ctx` gives a node, and what becomes of what it logs."""

from typing import Any, Literal

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker

from pipedreamer.sandbox.protocol import TEXT_LIMIT, LogLine, Run

Level = Literal["debug", "info", "warn", "error"]
SETTINGS = {"config": {"key": "kept", "deep": {"list": [1]}}, "secrets": {"github": {"token": "t"}}}


def test_run_attempt_node_config_and_secrets(start: Any) -> None:
    node = "export default (ctx: any) => [ctx.run_id, ctx.runId, ctx.attempt, ctx.node, ctx.config, ctx.secrets];"
    output = start(node, **SETTINGS).run(attempts={0: 2}).output
    assert output == ["the-run", "the-run", 3, "n", SETTINGS["config"], SETTINGS["secrets"]]


def test_a_node_changes_only_its_own_copy(start: Any) -> None:
    node = """\
        export default async function run(ctx: any, input: any) {
          const seen = JSON.stringify([ctx.config, ctx.secrets, input]);
          ctx.config.key = ctx.config.deep.list[0] = ctx.secrets.github.token = input.deep.x = "changed";
          if (ctx.attempt < 3) throw new Error("again");
          return [seen, ctx.config.key];
        }
    """
    seen = '[{"key":"kept","deep":{"list":[1]}},{"github":{"token":"t"}},{"deep":{"x":1}}]'
    worker: DenoWorker = start(node, node={"retries": 2}, **SETTINGS)
    for run in (1, 2):
        assert worker.run({"deep": {"x": 1}}, run).output == [seen, "changed"]


def test_the_context_may_be_taken_apart_spread_and_mended(start: Any) -> None:
    node = """\
        export default async function run(ctx: any) {
          const { log: { info }, fetch, config } = ctx;
          info("taken", "apart");
          const wider = { ...ctx, log: { ...ctx.log, info: (text: string) => ctx.log.info("[wider]", text) } };
          wider.log.info("spread");
          wider.log.warn("kept");
          return [config.key, wider.config.key, wider.node, typeof fetch];
        }
    """
    heard = start(node, **SETTINGS).run()
    assert heard.output == ["kept", "kept", "n", "function"]
    assert heard.lines == [("info", "taken apart"), ("info", "[wider] spread"), ("warn", "kept")]


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ("'look', 'text'", "look text"),
        ("'look', { a: [1, null] }, { 'b c': new Map([[1, new Set('x')]]) }",
         'look { a: [ 1, null ] } { "b c": Map(1) { 1 => Set(1) { "x" } } }'),
        ("1, 2n, true, undefined, null, Symbol('s')", "1 2n true undefined null Symbol(s)"),
        ("'failed:', new TypeError('no', { cause: 1 })", "failed: TypeError: no"),
        ("class2", "Mine: own"),
        ("{ text: 'x'.repeat(300) }", '{ text: "' + "x" * 300 + '" }'),
        ("Array.from({ length: 30 }, (_, i) => ({ i }))", "[ " + ", ".join(f"{{ i: {i} }}" for i in range(30)) + " ]"),
        ("{ error: new Error('inner') }.error.message", "inner"),
        ("'two\\nlines'", "two\nlines"),
        ("{ deep: { deep: { deep: { deep: { deep: 1 } } } } }", "{ deep: { deep: { deep: { deep: { deep: 1 } } } } }"),
        ("{ get x() { throw 1; } }", "{ x: [Getter] }"),
        ("{ [Symbol.for('Deno.customInspect')]() { throw 1; } }", "(cannot be shown)"),
        ("'half \\ud800 a character'", "half \ufffd a character"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_line_is_readable(parts: str, text: str, start: Any) -> None:
    node = f"""\
        const class2 = new (class Mine extends Error {{}})("own");
        export default (ctx: any) => ctx.log.info({parts});
        void class2;
    """
    assert start(node).run().lines == [("info", text)]


def test_an_error_among_fields_is_on_the_same_line(start: Any) -> None:
    ((_, text),) = start("export default (ctx: any) => ctx.log.error({ e: new Error('x') });").run().lines
    assert text.startswith("{ e: Error: x at ")
    assert "\n" not in text


def test_levels_run_node_and_attempt_are_told(start: Any) -> None:
    node = "export default ({ log }: any) => { log.debug(1); log.info(2); log.warn(3); log.error(4); };"
    heard = start(node).run(run=7, attempts={0: 4})
    levels: tuple[Level, ...] = ("debug", "info", "warn", "error")
    assert heard.of(LogLine) == [LogLine(7, 0, 5, level, str(n)) for n, level in enumerate(levels, 1)]


def test_a_line_that_is_absurdly_long_is_cut(start: Any) -> None:
    lines = (
        start("export default (ctx: any) => { ctx.log.info('x'.repeat(1e6)); console.log('y'.repeat(1e6)); };")
        .run()
        .lines
    )
    assert [text for _, text in lines] == ["x" * TEXT_LIMIT, "y" * TEXT_LIMIT]


def test_what_is_logged_after_the_end_is_still_told_as_the_nodes(start: Any) -> None:
    node = """\
        export default function run(ctx: any) {
          void (async () => { for (let i = 0; i < 50; i++) await i; ctx.log.info("late"); })();
        }
    """
    worker: DenoWorker = start(node)
    worker.send(Run(1, "r", b"{}"))
    heard = worker.until(lambda message: isinstance(message, LogLine))
    assert heard.messages[-1] == LogLine(1, 0, 1, "info", "late")


def test_lines_without_end_are_dropped_and_counted(start: Any) -> None:
    node = """\
        export default function run(ctx: any, input: number) {
          for (let n = 0; n < input; n++) ctx.log.info(n);
          console.log("x".repeat(2048));
        }
    """
    worker: DenoWorker = start(node)
    heard = worker.run(6000)
    many = "1,001 lines were dropped: the log takes 5,000 (or as many KiB) of an attempt in 5 s"
    assert heard.lines == [*(("info", str(n)) for n in range(5000)), ("warn", many)]
    assert len(worker.run(4000, run=2).lines) == 4001


def test_a_long_line_counts_by_its_length(start: Any) -> None:
    heard = start(
        "export default (ctx: any) => { for (let n = 0; n < 200; n++) ctx.log.info('x'.repeat(1e5)); };"
    ).run()
    assert [text for _, text in heard.lines[:-1]] == ["x" * TEXT_LIMIT] * 62
    assert heard.lines[-1][1].startswith("138 lines were dropped")
