"""Every node file is loaded before the first run, or a line says why it cannot be."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker

from pipedreamer.sandbox.protocol import LoadFailed, LogLine, NodeCode, Outcome, Ready, Run

COPY = "[nodes import files of their folder: put a copy there]"
LOCK_IT = (
    "[modules from outside are fetched beforehand, and only those whose names stand in a file: "
    "write the name out, and run `pipedreamer lock`]"
)
MANIFEST = (
    "JSR package manifest for '@no/such' failed to load. "
    'Specifier not found in cache: "https://jsr.io/@no/such/meta.json"'
)
GOOD = "export default () => 1;\n"


def _refused(worker: DenoWorker, *nodes: NodeCode) -> tuple[str, ...]:
    last = worker.load(*nodes).messages[-1]
    assert isinstance(last, LoadFailed)
    return last.messages


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("const a = 1;\nconst b = ;\n", "SyntaxError: Expression expected (nodes/n.ts:2)"),
        ("const a = 1;\nconst a = 2;\n" + GOOD, "SyntaxError: Identifier 'a' has already been declared (nodes/n.ts:2)"),
        ("export const run = () => 1;",
         "nodes/n.ts has no default export: write `export default async function (ctx, input) {...}`"),
        ("export default 5;", "the default export of nodes/n.ts is a number, not a function"),
        ("export default async function* () { yield 1; }",
         "the default export of nodes/n.ts uses `yield`: return a list instead"),
        ("import './nothing.ts';\n" + GOOD, 'Module not found "nodes/nothing.ts". (nodes/n.ts:1)'),
        ("\nimport chalk from 'chalk';\nchalk();\n" + GOOD,
         f'Import "chalk" not a dependency {LOCK_IT} (nodes/n.ts:2)'),
        ("import 'https://no.example/a.ts';\n" + GOOD,
         f'Specifier not found in cache: "https://no.example/a.ts" {LOCK_IT} (nodes/n.ts:1)'),
        ("import 'npm:@no/such@1.0.0';\n" + GOOD,
         f'npm package not found in cache: "@no/such" {LOCK_IT} (nodes/n.ts:1)'),
        ("import 'jsr:@no/such@1';\n" + GOOD, f"{MANIFEST} {LOCK_IT} (nodes/n.ts:1)"),
        ("import 'node:no-such';\n" + GOOD, "No such built-in module: node:no-such (nodes/n.ts:1)"),
        ("const start = () => {\n  throw new TypeError('no\\nway');\n};\nstart();\n" + GOOD,
         "TypeError: no way (nodes/n.ts:2)"),
        ("JSON.parse('{');\n" + GOOD,
         "SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2) (nodes/n.ts:1)"),
        ("throw undefined;\n" + GOOD, "undefined [thrown as undefined: throw an Error, which knows its place]"),
        ("Deno.exit(4);\n" + GOOD,
         "Error: exit(4) was called: a node cannot end its process, it returns or throws (nodes/n.ts:1)"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_a_line(source: str, message: str, launch: Any, write: Any) -> None:
    assert _refused(launch(), write("n", source)) == (f'Node "n": {message}',)


def test_each_node_that_cannot_be_loaded_has_its_line(launch: Any, write: Any) -> None:
    nodes = write("a", "export const x = 1;"), write("good", GOOD), write("b", "throw new Error('b');")
    assert [line[:9] for line in _refused(launch(), *nodes)] == ['Node "a":', 'Node "b":']


def test_a_syntax_error_beside_the_node_is_placed_there(launch: Any, write: Any, folder: Path) -> None:
    (folder / "lib.ts").write_text("let x: number = 1;\n\nfunction {\n")
    (line,) = _refused(launch(), write("n", "import '../lib.ts';\n" + GOOD))
    assert line == 'Node "n": SyntaxError: Expected ident (lib.ts:3)'


def test_a_file_outside_of_the_folder_cannot_be_imported(launch: Any, write: Any, folder: Path) -> None:
    outside = folder.parent / "outside.ts"
    outside.write_text(GOOD)
    (line,) = _refused(launch(), write("n", "import '../../outside.ts';\n" + GOOD))
    assert line == f'Node "n": Requires read access to "{outside}" {COPY} (nodes/n.ts:1)'


def test_a_file_that_is_not_there_is_named(launch: Any, folder: Path) -> None:
    code = NodeCode("n", str(folder / "nodes" / "gone.ts"), 1000, 0, ())
    assert _refused(launch(), code) == ('Node "n": Module not found "nodes/gone.ts".',)


def test_pipedreamer_can_be_imported_as_types_and_as_values(start: Any) -> None:
    node = """\
        import type { Context } from "pipedreamer";
        import { Cluster, FetchError, type Logger } from "pipedreamer";
        type Both = Cluster | Logger;
        export default async function run(ctx: Context, input: Both) {
          const error = new FetchError("x");
          return [typeof ctx.fetch, error.name, error instanceof TypeError, error.message, input];
        }
    """
    assert start(node).run(1).output == ["function", "FetchError", True, "x", 1]


def test_nodes_may_share_a_file_and_import_each_others_helpers(launch: Any, write: Any, folder: Path) -> None:
    (folder / "data.json").write_text('{"n": 5}')
    (folder / "nodes" / "shared.ts").write_text("export let count = 0;\nexport const next = () => ++count;\n")
    source = """\
        import { next } from "./shared.ts";
        import data from "../data.json" with { type: "json" };
        export default async () => [next(), data.n, (await import("./shared.ts")).count];
    """
    worker: DenoWorker = launch()
    one = write("one", source)
    two = NodeCode("two", one.file, 1000, 0, ())
    assert isinstance(worker.load(one, two).messages[-1], Ready)
    assert worker.run().outputs == {0: [1, 5, 1], 1: [2, 5, 2]}


def test_a_node_of_the_other_language_is_neither_loaded_nor_run(launch: Any, write: Any) -> None:
    worker: DenoWorker = launch()
    other = NodeCode("py", "", 1000, 0, ())
    assert isinstance(
        worker.load(other, write("ts", "export default (_: unknown, i: number) => i + 1;", parents=(0,))).messages[-1],
        Ready,
    )
    heard = worker.run(done={0: b"41"}, nodes=(1,))
    assert heard.outputs == {1: 42}


def test_what_modules_print_while_they_load_is_nobodys(launch: Any, write: Any) -> None:
    worker: DenoWorker = launch()
    heard = worker.load(write("n", "console.warn('loading');\nawait Promise.resolve();\n" + GOOD))
    assert heard.messages == [LogLine(-1, -1, 0, "warn", "loading"), Ready()]


def test_a_module_that_never_loads_does_not_keep_the_worker_from_hearing_the_end(launch: Any, write: Any) -> None:
    worker: DenoWorker = launch()
    node = write("n", "console.log('begun');\nawait new Promise(() => setTimeout(() => {}, 1e9));\n" + GOOD)
    worker.send(*worker.code(node))
    assert isinstance(worker.next(), LogLine)
    assert worker.hang_up() == 0


def test_the_working_folder_is_the_workflows(start: Any, folder: Path) -> None:
    (folder / "data.txt").write_text("here")
    worker: DenoWorker = start("export default () => [Deno.cwd(), Deno.readTextFileSync('data.txt')];")
    assert worker.run().output == [str(folder), "here"]


def test_modules_live_as_long_as_the_worker(start: Any) -> None:
    worker: DenoWorker = start("let calls = 0;\nexport default () => ++calls;\n")
    worker.send(*(Run(run, "r", b"{}") for run in range(3)))
    outputs = [worker.until(lambda message: isinstance(message, Outcome)).output for _ in range(3)]
    assert outputs == [1, 2, 3]
