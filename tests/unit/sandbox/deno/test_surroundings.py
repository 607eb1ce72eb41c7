"""What a node finds around it is Deno's, but for what would take the process, the wire or other nodes along."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker

from pipedreamer.sandbox.protocol import FetchData, FetchHead, LogLine, NodeCode, Outcome, Run


@pytest.fixture
def running(start: Any) -> Any:
    def running(body: str, *flags: str) -> Any:
        return start(f"export default async function run(ctx: any, input: any) {{\n{body}\n}}\n", *flags).run()

    return running


@pytest.mark.parametrize(
    ("call", "level", "text"),
    [
        ("console.log('a %s %d', 'x', 3, { b: [1] })", "info", "a x 3 { b: [ 1 ] }"),
        ("console.info({ b: new Map([[1, 2]]) })", "info", "{ b: Map(1) { 1 => 2 } }"),
        ("console.debug('d')", "debug", "d"),
        ("console.warn('w')", "warn", "w"),
        ("console.error(new Error('e').message)", "error", "e"),
        ("console.assert(false, 'as')", "error", "Assertion failed: as"),
        ("console.dir({ a: 1 })", "info", "{ a: 1 }"),
        ("console.group('g'); console.log('in'); console.groupEnd()", "info", "  in"),
        ("console.count('c'); console.count('c')", "info", "c: 2"),
        ("const { log } = console; log('taken apart')", "info", "taken apart"),
        ("globalThis.console.log('global')", "info", "global"),
        ("console.log('two\\nlines')", "info", "two\nlines"),
        ("process.stdout.write('of node\\n')", "info", "of node"),
        ("process.stderr.write(new TextEncoder().encode('bytes\\n'))", "warn", "bytes"),
        ("Deno.stdout.writeSync(new TextEncoder().encode('of Deno'))", "info", "of Deno"),
        ("await Deno.stderr.write(new TextEncoder().encode('of Deno'))", "warn", "of Deno"),
        ("await new Blob(['stream']).stream().pipeTo(Deno.stdout.writable, { preventClose: true })", "info", "stream"),
        ("for (const part of ['in ', 'pie', 'ces\\nrest']) process.stdout.write(part)", "info", "rest"),
    ],
)  # fmt: skip
def test_what_a_node_prints_is_a_line_of_its_log(call: str, level: Any, text: str, start: Any) -> None:
    worker: DenoWorker = start(f"export default async () => {{ {call}; }};")
    worker.send(Run(1, "r", b"{}"))
    heard = worker.until(lambda message: isinstance(message, LogLine) and message.message == text)
    assert heard.messages[-1] == LogLine(1, 0, 1, level, text)
    assert worker.run(run=2).errors == {}
    worker.hang_up()
    assert worker.stray() == ""


def test_what_node_calls_standard_streams_are_streams(start: Any) -> None:
    node = """\
        import { Console } from "node:console";
        import { stdin, stdout } from "node:process";
        import { createInterface } from "node:readline/promises";
        export default async function run() {
          new Console(stdout, process.stderr).error("of a console of its own");
          const lines = [];
          for await (const line of createInterface({ input: stdin, output: stdout })) lines.push(line);
          console.clear();
          return [lines, stdout.isTTY ?? false];
        }
    """
    heard = start(node).run()
    assert heard.output == [[], False]
    assert heard.lines == [("warn", "of a console of its own")]


def test_a_trace_has_the_persons_place(running: Any) -> None:
    ((level, text),) = running("console.trace('here');").lines
    assert level == "warn"
    assert text.startswith("Trace: here\n")
    assert "nodes/n.ts:2" in text


def test_lines_of_runs_beside_each_other_are_not_mixed_up(start: Any) -> None:
    node = """\
        export default async function run(_ctx: unknown, input: number) {
          process.stdout.write(`begin ${input} `);
          await new Promise((resolve) => setTimeout(resolve, 20));
          console.log(input);
          process.stdout.write("end\\n");
        }
    """
    worker: DenoWorker = start(node)
    worker.send(*(Run(run, "r", str(run).encode()) for run in range(8)))
    lines: dict[int, list[str]] = {}
    ended = 0
    while ended < 8:
        message = worker.next()
        if isinstance(message, LogLine):
            lines.setdefault(message.run, []).append(message.message)
        ended += isinstance(message, Outcome)
    assert lines == {run: [str(run), f"begin {run} end"] for run in range(8)}


def test_standard_input_is_at_its_end_and_the_wire_out_of_reach(running: Any) -> None:
    body = """
        const bytes = new Uint8Array(9);
        return [
          await Deno.stdin.read(bytes), Deno.stdin.readSync(bytes), (await new Response(Deno.stdin.readable).text()),
          prompt("?"), confirm("?"), alert("!") ?? null,
          Deno.stdin.isTerminal(), Deno.stdout.isTerminal(),
        ];
    """
    assert running(body).output == [None, None, "", None, False, None, False, False]


@pytest.mark.parametrize("call", ["Deno.exit(3)", "process.exit(3)", "globalThis.close()", "self.close()"])
def test_a_node_cannot_end_the_process_by_asking(call: str, running: Any) -> None:
    error = running(f"{call};").errors[0]
    assert "was called: a node cannot end its process, it returns or throws (nodes/n.ts:2)" in error


def test_a_node_has_no_web_worker(running: Any) -> None:
    error = running('new Worker("data:text/javascript,console.log(1)", { type: "module" });').errors[0]
    assert error.startswith("Error: nodes have no Worker")


PATCHES = """
    const broken = () => { throw new Error("patched"); };
    const names = [
      "setTimeout", "setInterval", "clearTimeout", "clearInterval", "setImmediate", "clearImmediate", "queueMicrotask",
      "Promise", "JSON", "Map", "Set", "Array", "Object", "String", "Number", "BigInt", "Uint8Array", "DataView",
      "Error", "RangeError", "TextEncoder", "TextDecoder", "URL", "Request", "Response", "Headers", "ReadableStream",
      "AbortController", "AbortSignal", "DOMException", "performance", "fetch", "encodeURIComponent",
      "decodeURIComponent", "console", "process",
    ];
    for (const name of names) (globalThis as any)[name] = broken;
    for (const name of keys(Deno)) try { (Deno as any)[name] = broken; } catch { /* stays */ }
"""


def test_a_node_that_breaks_globals_breaks_only_itself(launch: Any, write: Any, folder: Path) -> None:
    keeps = """\
        const { parse, stringify } = JSON;
        export default async function run(ctx: any, input: any) {
          if (ctx.attempt === 1) throw new TypeError("once");
          ctx.log.info("still", { here: parse(stringify(input)) });
          const answer = await ctx.fetch("x", "/");
          return [await answer.text(), ctx.config];
        }
    """
    patch = f"const {{ keys }} = Object;\nexport default () => {{ {PATCHES} }};"
    worker: DenoWorker = launch()
    nodes = write("patches", patch), write("keeps", keeps, retries=1)
    worker.load(*nodes, stages=((0,), (1,)), config={"a": 1})
    worker.answer = lambda fetch: [FetchHead(fetch.id, 200, "u", ()), FetchData(fetch.id, b"text", last=True)]
    heard = worker.run({"n": 1})
    assert heard.errors == {}
    assert heard.outputs == {0: None, 1: ["text", {"a": 1}]}
    assert heard.lines[0][1] == "attempt 1 of 2 failed: TypeError: once (nodes/keeps.ts:3)"
    assert heard.lines[1] == ("info", "still { here: { n: 1 } }")
    assert worker.hang_up() == 0


@pytest.mark.parametrize(
    ("thrown", "what"),
    [
        ("Promise.reject(new Error('left'));", "nobody awaited this"),
        ("void (async () => { await 1; throw new Error('left'); })();", "nobody awaited this"),
        ("setTimeout(() => { throw new Error('left'); }, 1);", "nobody caught this"),
        ("setInterval(() => { throw new Error('left'); }, 10);", "nobody caught this"),
        ("queueMicrotask(() => { throw new Error('left'); });", "nobody caught this"),
        ("process.nextTick(() => { throw new Error('left'); });", "nobody caught this"),
        (
            "addEventListener('x', () => { throw new Error('left'); }); dispatchEvent(new Event('x'));",
            "nobody caught this",
        ),
    ],
)
def test_what_nobody_catches_is_a_line_of_the_nodes_log(thrown: str, what: str, start: Any) -> None:
    body = f"{thrown}\nawait new Promise((resolve) => setTimeout(resolve, 1e6));"
    worker: DenoWorker = start(f"export default async function run() {{\n{body}\n}}\n")
    worker.send(Run(4, "r", b"{}"))
    line = worker.until(lambda message: isinstance(message, LogLine)).messages[-1]
    assert (line.run, line.node, line.attempt, line.level) == (4, 0, 1, "error")
    assert line.message.startswith(f"{what}: Error: left (nodes/n.ts:2)\n  nodes/n.ts:2")


def test_what_nobody_catches_after_the_end_is_told_too_and_ends_nothing(start: Any) -> None:
    node = """\
        export default function run() {
          void (async () => { for (let i = 0; i < 50; i++) await i; throw new Error("late"); })();
          return 1;
        }
    """
    worker: DenoWorker = start(node)
    worker.send(Run(1, "r", b"{}"))
    heard = worker.until(lambda message: isinstance(message, LogLine))
    assert heard.outputs == {0: 1}
    assert heard.lines[0][1].startswith("nobody awaited this: Error: late (nodes/n.ts:2)")
    assert worker.run(run=2).outputs == {0: 1}


def test_what_is_nobodys_goes_to_stray_output(launch: Any, write: Any) -> None:
    worker: DenoWorker = launch()
    worker.load(write("n", "void Promise.reject(new Error('while loading'));\nexport default () => 1;\n"))
    assert worker.run().output == 1
    assert worker.hang_up() == 0
    assert worker.stray().startswith("nobody awaited this: Error: while loading (nodes/n.ts:1)\n")


FILES = {"/var/run/secrets/token": "abc", "data/here.txt": "from the fixture", "./nodes/../x y%.txt": "ä"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("'/var/run/secrets/token'", "abc"),
        ("'/var//run/./secrets/../secrets/token'", "abc"),
        ("new URL('file:///var/run/secrets/token')", "abc"),
        ("'data/here.txt'", "from the fixture"),
        ("`${Deno.cwd()}/data/here.txt`", "from the fixture"),
        ("new URL('../data/here.txt', import.meta.url)", "from the fixture"),
        ("'x y%.txt'", "ä"),
    ],
)
def test_reads_of_a_fixtures_files_are_answered(path: str, text: str, start: Any) -> None:
    node = f"""\
        export default async () => {{
          const decoder = new TextDecoder();
          return [
            Deno.readTextFileSync({path}), await Deno.readTextFile({path}),
            decoder.decode(Deno.readFileSync({path})), decoder.decode(await Deno.readFile({path})),
          ];
        }};
    """
    assert start(node, files=FILES).run().output == [text] * 4


def test_other_reads_are_what_they_were_and_old_files_are_forgotten(start: Any, folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "here.txt").write_text("from the disk")
    (folder / "data" / "other.txt").write_text("other")
    node = "export default () => ['here', 'other'].map((name) => Deno.readTextFileSync(`data/${name}.txt`));"
    worker: DenoWorker = start(node, files=FILES)
    assert worker.run().output == ["from the fixture", "other"]
    settings, _ = worker.code()
    worker.send(settings)
    assert worker.run(run=2).output == ["from the disk", "other"]


def test_a_file_that_the_fixture_does_not_name_is_as_shut_as_ever(start: Any) -> None:
    worker: DenoWorker = start("export default () => Deno.readTextFile('/etc/passwd');", files=FILES)
    assert worker.run().errors[0].startswith('NotCapable: Requires read access to "/etc/passwd"')


def test_nodes_are_told_apart_in_what_they_print(launch: Any, write: Any) -> None:
    worker: DenoWorker = launch()
    nodes: list[NodeCode] = [
        write(name, f"export default async () => {{ await 1; console.log('{name}'); }};") for name in "ab"
    ]
    worker.load(*nodes, stages=((0, 1),))
    assert [(one.node, one.message) for one in worker.run().of(LogLine)] == [(0, "a"), (1, "b")]
