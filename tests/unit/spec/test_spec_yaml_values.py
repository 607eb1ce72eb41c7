"""How YAML is read: YAML 1.2's plain values, keys as text, anchors, merge keys, tags."""

from typing import Any

import pytest

from pipedreamer.spec import read, read_value

START = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\n"


def config_of(text: str) -> tuple[Any, list[str]]:
    """The config of a workflow that has this, and its problems without the file's name."""
    reading = read(f"{START}config:\n{text}")
    problems = [str(problem).removeprefix("workflow.yaml:") for problem in reading.problems]
    return (reading.workflow.config if reading.workflow else None), problems


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
        ("=", "="),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("NULL", None),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.2.3", "1.2.3"),
        ("+", "+"),
        ("-x", "-x"),
        (".", "."),
        ("'7'", "7"),
        ('"no"', "no"),
        ("!!str 7", "7"),
        ("! 7", "7"),
        ("|\n    two\n    lines", "two\nlines\n"),
        ('"\\0"', "\0"),
        ("[1, [a]]", [1, ["a"]]),
        ("{b: {c: ~}}", {"b": {"c": None}}),
    ],
)
def test_a_value_is_read_by_the_core_schema_of_yaml_1_2(written: str, value: object) -> None:
    config, problems = config_of(f"  x: {written}\n")
    assert problems == []
    assert config == {"x": value}
    assert type(config["x"]) is type(value)


@pytest.mark.parametrize("key", ["on", "yes", "no", "1", "1.10", "true", "null", "2024-01-01", "12:30", "0x10"])
def test_a_key_is_the_text_that_is_written(key: str) -> None:
    assert config_of(f"  {key}: 1\n") == ({key: 1}, [])


@pytest.mark.parametrize(
    ("written", "value", "warning"),
    [
        ("no", "no", 'the value no is text here, not false (write false, or "no" in quotes for text)'),
        ("On", "On", 'the value On is text here, not true (write true, or "On" in quotes for text)'),
        ("0777", 777, 'the value 0777 is a decimal number here, not octal (write "0777" in quotes for text)'),
        ("1_000", "1_000", 'the value 1_000 is text here, not a number (write 1000, or "1_000" in quotes for text)'),
    ],
)
def test_what_older_yaml_programs_read_differently_is_a_warning(written: str, value: object, warning: str) -> None:
    assert config_of(f"  x: {written}\n") == ({"x": value}, [f"6:6: warning: {warning}"])


@pytest.mark.parametrize(
    ("written", "error"),
    [
        (".nan", "the value .nan is not a JSON value (put it in quotes if text is meant)"),
        ("-.Inf", "the value -.Inf is not a JSON value (put it in quotes if text is meant)"),
        ("1e999", "the value 1e999 is too large for a number (put it in quotes if text is meant)"),
        (
            "18446744073709551616",
            "the value 18446744073709551616 does not fit into 64 bits (put it in quotes to keep every digit)",
        ),
        (
            "9" * 5000,
            f"the value {'9' * 57}... does not fit into 64 bits (put it in quotes to keep every digit)",
        ),
        (
            "!!python/object/apply:os.system [ls]",
            'the tag "!!python/object/apply:os.system" is not supported (remove it; quotes make a text of any value)',
        ),
        (
            "!!binary aGk=",
            'the tag "!!binary" is not supported (remove it; quotes make a text of any value)',
        ),
        ("!mine {}", 'the tag "!mine" is not supported (remove it; quotes make a text of any value)'),
    ],
)
def test_a_value_that_is_not_json_is_an_error(written: str, error: str) -> None:
    assert config_of(f"  x: {written}\n") == (None, [f"6:6: error: {error}"])


def test_an_anchor_is_repeated_where_its_alias_stands() -> None:
    assert config_of("  x: &x [1, {a: b}]\n  y: *x\n") == ({"x": [1, {"a": "b"}], "y": [1, {"a": "b"}]}, [])


def test_a_name_anchored_twice_means_the_last_one_before_the_alias() -> None:
    assert config_of("  x: &n 1\n  y: *n\n  z: &n 2\n  u: *n\n")[0] == {"x": 1, "y": 1, "z": 2, "u": 2}


def test_keys_that_begin_with_x_dash_are_places_for_anchors() -> None:
    reading = read(f"x-defaults: &d {{timeout: 5s}}\n{START.replace('{path: a.py}', '{<<: *d, path: a.py}')}")
    assert reading.problems == ()
    assert reading.workflow is not None
    assert reading.workflow.nodes["a"].timeout_ms == 5000


def test_merged_keys_give_way_to_written_ones_and_to_earlier_ones() -> None:
    text = "  a: &a {k: a, l: a}\n  b: &b {k: b, m: b}\n  c: {<<: [*a, *b], l: c}\n"
    config, problems = config_of(text)
    assert problems == []
    assert config["c"] == {"k": "a", "l": "c", "m": "b"}
    assert config_of('  c: {"<<": 1}\n') == ({"c": {"<<": 1}}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  x: *y\n", "6:6: error: the alias *y has no anchor before it (write &y before the value it should repeat)"),
        ("  w: &bee 1\n  x: *be\n", "7:6: error: the alias *be has no anchor before it (did you mean *bee?)"),
        ("  x: &x [[*x]]\n", "6:11: error: the alias *x stands inside what it names (a value cannot hold itself)"),
        (
            "  x: &x {y: {<<: *x}}\n",
            "6:18: error: the alias *x stands inside what it names (a value cannot hold itself)",
        ),
        ("  <<: 3\n", '6:7: error: << must name mappings, not "3" (for example <<: *defaults)'),
        ("  ? [1]\n  : 2\n", "6:5: error: a key must be text, not a list (put it in quotes)"),
        ("  {{ x }}: 2\n", None),
        ("  ?\n  : 1\n", "6:4: error: a key is empty (write a name before the ':')"),
        (
            "  x: 1\n  y: 2\n  x: 3\n",
            '8:3: error: the key "x" is written twice (the first is at line 6, column 3; keep one)',
        ),
        ("  1: a\n  '1': b\n", '7:3: error: the key "1" is written twice (the first is at line 6, column 3; keep one)'),
        (
            "  <<: {a: 1}\n  <<: {b: 1}\n",
            (
                '7:3: error: the key "<<" is written twice '
                "(the first is at line 6, column 3; list them in one: <<: [*a, *b])"
            ),
        ),
    ],
)
def test_a_broken_reference_or_key_is_an_error_at_its_place(text: str, expected: str | None) -> None:
    config, problems = config_of(text)
    assert config is None
    if expected is not None:
        assert problems == [expected]
    else:
        assert "a key must be text, not a mapping (put it in quotes)" in problems[0]


def test_a_duplicate_key_is_an_error_anywhere_and_hides_nothing() -> None:
    text = "name: a\nname: b\nversion: x\ntriggers:\n- type: manual\n  type: cron\nnodes:\n  a: {path: a.py}\n  a: {}\n"
    assert [(problem.line, problem.column, problem.message) for problem in read(text).problems] == [
        (2, 1, 'the key "name" is written twice'),
        (3, 10, 'version must be MAJOR.MINOR, not "x"'),
        (6, 3, 'the key "type" is written twice'),
        (9, 3, 'the key "a" is written twice'),
    ]


def test_aliases_cannot_make_a_small_file_explode() -> None:
    lines = ["  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    (problem,) = config_of("\n".join(lines))[1]
    assert problem == (
        "10:7: error: the file holds more than 500,000 values, those behind aliases included "
        "(keep data in files of their own)"
    )


def test_aliases_cannot_nest_deeper_than_the_limit() -> None:
    lines = [f"  a0: &a0 {'[' * 40}{']' * 40}"]
    lines += [f"  a{i}: &a{i} {'[' * 40}*a{i - 1}{']' * 40}" for i in range(1, 4)]
    assert config_of("\n".join(lines))[1] == [
        "8:51: error: more than 100 lists and mappings stand inside one another (flatten them)"
    ]


def test_another_yaml_file_is_read_by_the_same_rules() -> None:
    assert read_value("on: 2024-01-01\n", "c.yaml") == ({"on": "2024-01-01"}, ())
    assert read_value(b'{"a": [1, null, 1.5, "x"]}', "c.json") == ({"a": [1, None, 1.5, "x"]}, ())
    value, problems = read_value("a: .nan\n", "c.yaml")
    assert value is None
    assert [str(problem) for problem in problems] == [
        "c.yaml:1:4: error: the value .nan is not a JSON value (put it in quotes if text is meant)"
    ]
