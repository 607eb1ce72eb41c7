"""Text that is no YAML, or YAML that is refused: one problem each, at its place, in words that help."""

import pytest
import yaml

from pipedreamer.spec import read
from pipedreamer.spec.compose import DEPTH_LIMIT, VALUE_LIMIT, compose
from pipedreamer.spec.findings import Findings
from pipedreamer.spec.source import TEXT_LIMIT

INDENTATION = 'check the indentation; a text that holds ": " needs quotes'
FIT = "check the indentation, and that nothing follows a closing quote"
TAGS = "remove the tag, or put the text in quotes"
ESCAPE = "write \\\\ for a backslash, or use single quotes"
ENDED = "check the indentation of the lines above; a workflow is one mapping"
COLON = f"a ':' stands where no key can be ({INDENTATION})"
UNFIT = f"this line does not fit the lines above ({FIT})"
MORE = f"there is more after the end of the document ({ENDED})"
NO_TAGS = f"tags are not supported ({TAGS})"
BAD_ESCAPE = f"a text in double quotes has an escape that YAML does not know ({ESCAPE})"
NAMELESS = "put the text in quotes if it is no anchor or alias"

BROKEN = {
    "name: a: b\n": f"1:8: error: {COLON}",
    "name: a\n version: 1.0\n": f"2:9: error: {COLON}",
    "nodes:\n\ta: 1\n": "2:1: error: a tab is used as indentation (YAML wants spaces)",
    "a: 1\n\t\nb: 2\n": "2:1: error: a tab is used as indentation (YAML wants spaces)",
    "a: |\n\tx\n": "2:1: error: a tab is used as indentation (YAML wants spaces)",
    "path: @x\n": '1:7: error: a text cannot begin with "@" (put it in quotes)',
    "path: `x`\n": '1:7: error: a text cannot begin with "`" (put it in quotes)',
    "path: 'x\nversion: 1.0\n": "1:7: error: the quote that opens here is never closed (close it)",
    'path: "x\n': "1:7: error: the quote that opens here is never closed (close it)",
    "a: [1, 2\nb: 3\n": "1:4: error: the '[' that opens here is never closed (close it with ']')",
    "a: {b: 1\nc: 2\n": "1:4: error: the '{' that opens here is never closed (close it with '}')",
    "a: ]\n": '1:4: error: a value is missing before "]" (put a value here, or quotes around it)',
    "a: [1,, 2]\n": '1:7: error: a value is missing before "," (put a value here, or quotes around it)',
    "a:\n- 1\nb\nc: 1\n": "3:1: error: a key has no ':' after it (write it as key: value)",
    "a: |\n  x\n y\n": f"3:2: error: {UNFIT}",
    'a: "x" y\n': f"1:8: error: {UNFIT}",
    "a:\n  - b\n - c\n": f"3:2: error: {UNFIT}",
    "- a\nb: 1\n": f"2:1: error: {UNFIT}",
    "  a: 1\nb: 2\n": f"2:1: error: {MORE}",
    "{a: 1}}\n": f"1:7: error: {MORE}",
    "a: - b\n": "1:4: error: a list begins in the middle of a line (begin it on a new line)",
    "a: *\n": f'1:4: error: a name must follow this "*" ({NAMELESS})',
    "a: &\n": f'1:4: error: a name must follow this "&" ({NAMELESS})',
    "a: |x\n  b\n": (
        "1:4: error: nothing may follow the '|' or '>' of a block of text (begin the text on the next line)"
    ),
    'a: "\\q"\n': f"1:5: error: {BAD_ESCAPE}",
    'a: "\\ud800"\n': f"1:7: error: {BAD_ESCAPE}",
    'a: "\\U00110000"\n': f"1:7: error: {BAD_ESCAPE}",
    "a: !x!y z\n": f"1:4: error: {NO_TAGS}",
    "a: !<%ff> b\n": f"1:4: error: {NO_TAGS}",
    "%YAML 2.0\n---\na: 1\n": "1:1: error: this '%' line is not understood (remove it)",
}

REFUSED = {
    "": "1:1: error: the file is empty (`pipedreamer init` writes a first one)",
    "# nothing\n": "1:1: error: the file is empty (`pipedreamer init` writes a first one)",
    "a: 1\nb: \0\n": "2:4: error: the character U+0000 is not allowed in YAML (remove it)",
    "a: 1\r\nb: é\x1b[31m\r\n": "2:5: error: the character U+001B is not allowed in YAML (remove it)",
    "a: \ud800\n": "1:4: error: the character U+D800 is not allowed in YAML (remove it)",
    "[" * 5000: "1:101: error: more than 100 lists and mappings stand inside one another (flatten them)",
    "- " * 5000: "1:201: error: more than 100 lists and mappings stand inside one another (flatten them)",
}


@pytest.mark.parametrize(("text", "expected"), (BROKEN | REFUSED).items())
def test_broken_yaml_is_one_problem_at_its_line_and_column(text: str, expected: str) -> None:
    reading = read(text)
    assert [str(problem) for problem in reading.problems] == [f"workflow.yaml:{expected}"]
    assert reading.workflow is None


@pytest.mark.parametrize("text", BROKEN)
def test_without_libyaml_broken_yaml_is_one_problem_too(text: str) -> None:
    out = Findings("workflow.yaml")
    tree = compose(text, out, yaml.SafeLoader)
    if text == 'a: "\\ud800"\n':
        assert tree is not None  # the pure parser lets it pass
    else:
        assert tree is None
        assert [problem.line > 0 for problem in out.problems()] == [True]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"a: 1\nb: \xc3\xa9\xff\n", "2:5: error: the file is not UTF-8 (byte 0xff) (save it in the encoding UTF-8)"),
        ("a: 1\n".encode("utf-16"), "1:1: error: the file is not UTF-8 (byte 0xff) (save it in the encoding UTF-8)"),
        (b"x" * (TEXT_LIMIT + 1), "1:1: error: the file is larger than 8 MiB (keep data in files of their own)"),
    ],
)
def test_bytes_that_are_no_text_are_one_problem(source: bytes, expected: str) -> None:
    assert [str(problem) for problem in read(source).problems] == [f"workflow.yaml:{expected}"]


def test_a_byte_order_mark_is_no_problem() -> None:
    text = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\n"
    assert read(b"\xef\xbb\xbf" + text.encode()).workflow == read(text).workflow
    assert read("\ufeff" + text).locate("name") == (1, 7)
    assert [problem.column for problem in read("\ufeffa: \0").problems] == [4]


def test_a_second_document_is_an_error_where_it_begins() -> None:
    text = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes: {a: {path: a.py}}\n---\nname: b\n"
    assert [str(problem) for problem in read(text).problems] == [
        "workflow.yaml:5:1: error: a second document begins here (a file holds one workflow; remove the '---')"
    ]


def test_the_limits_are_kept_exactly() -> None:
    def problems(text: str) -> list[str]:
        out = Findings("f")
        compose(text, out)
        return [problem.message for problem in out.problems()]

    assert problems("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT) == []
    assert problems("[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1)) != []
    # One list of 127 lists of 3936 values each, all but the first by alias.
    just_enough = f"- &many [{', '.join(['x'] * 3936)}]\n" + "- *many\n" * 126
    assert VALUE_LIMIT == 1 + 127 * 3937
    assert problems(just_enough) == []
    assert problems(just_enough + "- x\n") == ["the file holds more than 500,000 values, those behind aliases included"]
