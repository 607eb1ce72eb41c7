"""What goes in and out of a node is JSON, exactly, or an error that names the place."""

import json
from typing import Any

import pytest
from tests.unit.sandbox.deno.driver import DenoWorker

from pipedreamer.sandbox.protocol import VALUE_LIMIT, Outcome, Run

ECHO = "export default (_ctx: unknown, input: unknown) => input;"


def _given(worker: DenoWorker, text: str) -> Any:
    worker.send(Run(1, "r", text.encode()))
    return worker.until(lambda message: isinstance(message, Outcome))


@pytest.fixture
def returning(start: Any) -> Any:
    def returning(expression: str, before: str = "") -> Any:
        return start(f"export default async () => {{ {before}; return ({expression}); }};").run()

    return returning


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("undefined", None),
        ("null", None),
        ("[undefined, 1, , null]", [None, 1, None, None]),
        ("{ a: undefined, b: { c: undefined, d: 'ä😀' } }", {"b": {"d": "ä😀"}}),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        ("{ when: [new Date(1e12)] }", {"when": ["2001-09-09T01:46:40.000Z"]}),
        ("new URL('http://a/b')", "http://a/b"),
        ("new (class { x = 1; get y() { return 2; } })()", {"x": 1}),
        ("Object.create(null)", {}),
        ("{ ['__proto__']: 1 }", {"__proto__": 1}),
        ("{ toJSON() { return { deep: [true] }; } }", {"deep": [True]}),
        ("[1e21, 0.1, -1.5e-7, 9007199254740993]", [1e21, 0.1, -1.5e-7, 9007199254740992]),
        ("-0", 0),
        ("'\\u0000\\u2028\\\\ud800'", "\x00\u2028\\ud800"),
        ("[...Array(249)].reduce((inner) => [inner], [])", json.loads("[" * 250 + "]" * 250)),
    ],
)
def test_what_json_has_is_passed_on(expression: str, value: Any, returning: Any) -> None:
    assert returning(expression).output == value


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("{ items: [1, 2, { n: 3n }] }", "output.items[2].n is a bigint; return it as text"),
        ("[NaN]", "output[0] is NaN, which JSON does not have; return null or text"),
        ("-Infinity", "output is -Infinity, which JSON does not have; return null or text"),
        ("{ f() {} }", "output.f is a function, which is no JSON value"),
        ("[Symbol('x')]", "output[0] is a symbol, which is no JSON value"),
        (
            "{ m: new Map([[1, 2]]) }",
            "output.m is a Map, which is no JSON value; return Object.fromEntries() of it, or",
        ),
        ("new Set([1])", "output is a Set, which is no JSON value; return a list: [...it]"),
        ("new Uint8Array(3)", "output is an Uint8Array, which is no JSON value; return text, or base64 of it"),
        ("new ArrayBuffer(3)", "output is an ArrayBuffer, which is no JSON value"),
        ("{ p: Promise.resolve(1) }", "output.p is a Promise, which is no JSON value; is an `await` missing?"),
        (
            "{ e: Object.assign(new TypeError('x'), { code: 1 }) }",
            "output.e is a TypeError, which is no JSON value; ret",
        ),
        ("(function* () {})()", "output is a Generator, which is no JSON value; return a list"),
        ("new Response('')", "output is a Response, which is no JSON value; return what its json() or text() gives"),
        ("new Date(NaN)", "output is an invalid Date"),
        ("{ toJSON: () => ({ x: 1n }) }", "output.x is a bigint"),
        ("{ a: ['\\ud800'] }", "output.a[0] holds half of a character"),
        ("{ '\\udc00': 1 }", "has a name that holds half of a character"),
        ("[...Array(250)].reduce((inner) => [inner], [])", "nests deeper than 250 levels"),
        ("loop", "output.self.self.self"),
    ],
)
def test_what_json_has_not_is_an_error_with_its_path(expression: str, problem: str, returning: Any) -> None:
    error = returning(expression, "const loop: { self?: unknown } = {}; loop.self = loop").errors[0]
    assert error.startswith("the value that was returned is not JSON: output")
    assert problem in error


def test_a_value_that_contains_itself_is_told_so_and_its_path_is_cut(returning: Any) -> None:
    error = returning("loop", "const loop: { self?: unknown } = {}; loop.self = loop").errors[0]
    assert error.endswith("... nests deeper than 250 levels (does it contain itself?)")
    assert len(error) < 400


def test_a_class_with_an_odd_name_gets_no_hint(returning: Any) -> None:
    error = returning("new (class constructor {})()").errors[0]
    assert error == "the value that was returned is not JSON: output is a constructor, which is no JSON value"


def test_a_value_whose_own_code_throws_fails_the_attempt_at_its_line(returning: Any) -> None:
    error = returning("{ get x() { throw new Error('no x'); } }").errors[0]
    assert error == "Error: no x (nodes/n.ts:1)"


def test_the_longest_value_and_one_byte_more(start: Any) -> None:
    worker: DenoWorker = start("export default (_ctx: unknown, size: number) => 'ä'.repeat(size / 2);")
    longest = worker.run(VALUE_LIMIT - 2).messages[-1]
    assert (longest.state, len(longest.value)) == ("ok", VALUE_LIMIT)
    error = worker.run(VALUE_LIMIT).errors[0]
    assert error.endswith("output has 67,108,866 bytes, the limit is 67,108,864: pass a reference instead")


@pytest.mark.parametrize(
    "text",
    [
        "9007199254740992", "-9007199254740993000", "36893488147419103000", "1e22", "1E+308",
        "12345678901234567890.5", '"12345678901234567890"', '{"e100": "1e400"}', "0.1234567890123456789", "-0",
    ],
)  # fmt: skip
def test_a_number_that_a_double_holds_is_taken_as_it_is(text: str, start: Any) -> None:
    heard = _given(start(ECHO), text)
    assert heard.errors == {}
    value, output = json.loads(text), heard.output
    assert output == value or float(output) == float(value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9007199254740993", "input is 9007199254740993,"),
        ('{"items": [1, {"id": -12345678901234567891}]}', "input.items[1].id is -12345678901234567891,"),
        ("[1e400]", "input[0] is 1e400,"),
        # A double holds it, and JavaScript writes it as another number.
        ("1152921504606846976", "input is 1152921504606846976,"),
    ],
)
def test_a_whole_number_that_no_double_holds_fails_the_attempt(text: str, place: str, start: Any) -> None:
    expected = f"the input does not fit: {place} which JavaScript cannot hold exactly; pass it as text"
    assert _given(start(ECHO), text).errors == {0: expected}


def test_a_node_gets_nothing_of_the_engine_by_a_strange_name(start: Any) -> None:
    node = """
        export default (_ctx: unknown, input: object) =>
          [Object.keys(input), Object.getPrototypeOf(input) === Object.prototype];
    """
    assert _given(start(node), '{"__proto__": {"polluted": 12345678901234567000}}').output == [["__proto__"], True]
