"""What a node throws is told with the person's own file and line, and nothing else can come of it."""

from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker
from tests.unit.sandbox.deno.test_loading import LOCK_IT

from pipedreamer.sandbox.protocol import TEXT_LIMIT, Outcome

TRACE = """\
Attempt: 2 (nodes/n.ts:14)
  nodes/n.ts:14 in run: throw Object.assign(new Error(String(ctx.attempt), { cause: error }), { name: "Attempt" });
  caused by SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2) (nodes/n.ts:7)
  nodes/n.ts:12 in run: await parse("{");
  nodes/n.ts:7 in parse: return JSON.parse(text) as Text;"""
HERE = "(nodes/n.ts:3)"
UNPLACED = ": throw an Error, which knows its place]"
SHUT = "nodes see their folder and /tmp; /etc/shadow in permissions.read opens it"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"
OF_PODS = (
    "pods alone have the files of a service account, and a permissions block has to name them in read; in tests "
    "`files` of the fixture answers for them"
)
NODE = """\
interface Text {
  lines: string[];
}

async function parse(text: string): Promise<Text> {
  await Promise.resolve();
  return JSON.parse(text) as Text;
}

export default async function run(ctx: { attempt: number }) {
  try {
    await parse("{");
  } catch (error) {
    throw Object.assign(new Error(String(ctx.attempt), { cause: error }), { name: "Attempt" });
  }
}
"""


@pytest.fixture
def throwing(start: Any) -> Any:
    def throwing(body: str) -> Any:
        return start(f"// deno-lint-ignore-file\nexport default async function run(ctx: any) {{\n{body}\n}}\n").run()

    return throwing


def test_the_way_there_is_in_the_log_and_its_end_in_the_message(start: Any) -> None:
    heard = start(NODE, node={"retries": 1}).run()
    first = "attempt 1 of 2 failed: Attempt: 1 (nodes/n.ts:14)"
    assert heard.lines == [("warn", first), ("error", TRACE)]
    assert heard.errors == {0: TRACE.partition("\n")[0]}
    assert [one.state for one in heard.of(Outcome)] == ["retry", "failed"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("ctx.nothing.at.all();", f"TypeError: Cannot read properties of undefined (reading 'at') {HERE}"),
        ("[1].map(function each() { throw new RangeError('x'); });", f"RangeError: x {HERE}"),
        ("class NoUser extends Error {}\nthrow new NoUser('Ada');", "NoUser: Ada (nodes/n.ts:4)"),
        ("throw new Error();", f"Error {HERE}"),
        ("await Promise.all([1].map(async (n) => { await n; throw new Error(`no ${n}`); }));", f"Error: no 1 {HERE}"),
        ("await Promise.any([1, 2].map(async (n) => { throw new Error(`no ${n}`); }));",
         f"Error: no 1 (nodes/n.ts:3); Error: no 2 {HERE}"),
        ("throw new AggregateError([], 'nothing in it');", f"AggregateError: nothing in it {HERE}"),
        ("throw new AggregateError([...Array(9)].map((_, n) => new Error(`${n}`)));",
         "; ".join(f"Error: {n} (nodes/n.ts:3)" for n in range(5)) + "; and 4 more"),
        ("throw 'text';", f"text [thrown as string{UNPLACED}"),
        ("throw undefined;", f"undefined [thrown as undefined{UNPLACED}"),
        ("throw { code: 3, at: ['x'] };", f'{{ code: 3, at: [ "x" ] }} [thrown as object{UNPLACED}'),
        ("return Promise.reject(null);", f"null [thrown as null{UNPLACED}"),
        ("Deno.readTextFileSync('/etc/shadow');",
         f'NotCapable: Requires read access to "/etc/shadow" [{SHUT}] {HERE}'),
        (f"Deno.readTextFileSync('{TOKEN}');",
         f'NotCapable: Requires read access to "{TOKEN}" [{OF_PODS}] {HERE}'),
        ("new Deno.Command('ls').outputSync();",
         'NotCapable: Requires run access to "ls" [nodes start no processes] (nodes/n.ts:3)'),
        ("await Deno.connect({hostname: 'shop.example', port: 80});",
         f'NotCapable: Requires net access to "shop.example:80" [shop.example:80 in permissions.net opens it] {HERE}'),
        ("await import('cha' + 'lk');", f'TypeError: Import "chalk" not a dependency {LOCK_IT} {HERE}'),
        ("Deno.readTextFileSync('data/none.csv');",
         f"NotFound: No such file or directory (os error 2): readfile 'data/none.csv' {HERE}"),
    ],
)  # fmt: skip
def test_the_message_has_name_text_remedy_and_place(body: str, message: str, throwing: Any) -> None:
    assert throwing(body).errors == {0: message}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("throw { __proto__: Error.prototype, get message() { throw 1; } };", "Error: (its message cannot be had)"),
        ("throw Object.defineProperty(new Error('x'), 'stack', { get() { throw 1; } });", "Error: x"),
        ("throw Object.defineProperty(new Error('x'), 'name', { get() { throw 1; } });", f"Error: x {HERE}"),
        ("throw Object.defineProperty(new Error('x'), 'cause', { get() { throw 1; } });", f"Error: x {HERE}"),
        ("throw new Proxy(new Error('x'), { getPrototypeOf() { throw 1; } });", "an error that cannot be shown"),
        ("throw new Proxy({}, { get() { throw 1; } });", f"{{}} [thrown as object{UNPLACED}"),
        ("throw { [Symbol.for('Deno.customInspect')]() { throw 1; } };", "an error that cannot be shown"),
        ("const e = new Error('x'); e.cause = e; throw e;", f"Error: x {HERE}"),
        ("const e = new AggregateError([]); e.errors.push(e, e); throw e;", "AggregateError"),
        ("const e = new Error('x'); e.name = 'N'.repeat(1e6); throw e;", "N" * 200 + f": x {HERE}"),
        ("Error.stackTraceLimit = 0; throw new Error('x');", "Error: x"),
        ("Error.prepareStackTrace = () => 'mine'; throw new Error('x');", "Error: x"),
        ("throw new Error('\\n    at f (file:///%zz:1:1)');", "Error: \n    at f (file:///%zz:1:1) (nodes/n.ts:3)"),
        ("throw Symbol('s');", f"Symbol(s) [thrown as symbol{UNPLACED}"),
    ],
)  # fmt: skip
def test_an_error_made_to_be_unshowable_still_fails_its_attempt(body: str, message: str, throwing: Any) -> None:
    assert throwing(body).errors[0].startswith(message)


def test_a_text_that_is_absurdly_long_is_cut_and_the_place_stands_before_it(throwing: Any) -> None:
    heard = throwing("throw new Error('x'.repeat(1e7));")
    assert heard.errors[0].startswith("Error (nodes/n.ts:3): xxx")
    assert len(heard.errors[0]) == TEXT_LIMIT
    assert len(heard.lines[0][1]) == TEXT_LIMIT


def test_causes_without_end_and_deep_recursion_are_told_as_far_as_it_makes_sense(throwing: Any) -> None:
    heard = throwing(
        "let e = new Error('0'); for (let n = 1; n < 99; n++) e = new Error(`${n}`, { cause: e }); throw e;"
    )
    assert heard.lines[0][1].count("caused by") == 10
    heard = throwing("const down = (): number => down() + 1;\ndown();")
    assert heard.errors[0] == f"RangeError: Maximum call stack size exceeded {HERE}"
    assert heard.lines[0][1].count("\n") == 20


def test_our_own_frames_are_nowhere_in_what_is_told(start: Any) -> None:
    node = """\
        export default async function run(ctx: { fetch: (service: string, path: string, init: object) => unknown }) {
          await ctx.fetch("x", "/", { method: "no such" });
        }
    """
    heard = start(node).run()
    assert heard.errors[0].startswith("TypeError: Method is not valid")
    assert heard.lines[0][1].endswith('\n  nodes/n.ts:2 in run: await ctx.fetch("x", "/", { method: "no such" });')
    assert "fetching.ts" not in heard.lines[0][1]


def test_an_error_in_a_file_beside_the_node_is_placed_there(start: Any, folder: Any) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "with space#.ts").write_text(
        "export const fails = (): never => {\n  throw new Error('there');\n};\n"
    )
    worker: DenoWorker = start('import { fails } from "../lib/with space%23.ts";\nexport default () => fails();\n')
    assert worker.run().errors == {0: "Error: there (lib/with space#.ts:2)"}
