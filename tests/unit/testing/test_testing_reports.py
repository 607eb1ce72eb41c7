"""Outcomes as text, JSON and JUnit XML."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipedreamer.testing.junit import junit
from pipedreamer.testing.outcome import Outcome
from pipedreamer.testing.report import LOG_SHOWN, Columns, details, document, duration, summary, visible
from pipedreamer.testing.trials import Trial

GOOD = Outcome(node="fetch", fixture="fetch.json", status="ok", seconds=0.0124, log=("[fetch] INFO hi",))
BAD = Outcome(
    node="report",
    fixture="report-1.json",
    status="failed",
    seconds=1.5,
    reasons=("output.a: expected 1, got 2", "output.b: expected 1, got nothing"),
    asked=("GET github /user -> 200",),
    log=("[report] WARN two\nlines",),
)
NONE = Outcome(node="send", fixture="no fixtures", status="no fixtures")
ALL = (GOOD, BAD, NONE)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode("utf-8", "strict"))  # noqa: S314 - it is our own


def test_a_line_has_node_fixture_and_duration_in_columns() -> None:
    columns = Columns.of([Trial("fetch", "fetch.json"), Trial("report", "report-1.json")])
    assert columns.line(GOOD) == "fetch   fetch.json       12 ms"
    assert columns.line(BAD) == "report  report-1.json    1.5 s"
    assert columns.line(NONE) == "send    no fixtures"


def test_a_failure_shows_why_then_what_was_asked_then_the_log() -> None:
    assert details(BAD) == [
        "      output.a: expected 1, got 2",
        "      output.b: expected 1, got nothing",
        "      asked:",
        "        GET github /user -> 200",
        "      log:",
        "        [report] WARN two",
        "        lines",
    ]


def test_of_a_long_log_the_end_is_shown() -> None:
    shown = details(Outcome(node="a", fixture="b", status="failed", log=tuple(f"line {n}" for n in range(200))))
    assert len(shown) == LOG_SHOWN + 1
    assert shown[-1].endswith("line 199")
    assert "last 50 of 200" in shown[0]


def test_what_a_terminal_would_act_on_is_made_visible() -> None:
    assert visible("\x1b[31mred\x07\ttab\u202e") == "\\x1b[31mred\\x07\ttab\\u202e"


def test_the_summary_counts_what_passed() -> None:
    assert summary(ALL) == "2/3 tests passed"
    assert summary(()) == "0/0 tests passed"


def test_durations_are_short() -> None:
    assert [duration(seconds) for seconds in (0, 0.0126, 0.9994, 1, 61.26)] == [
        "0 ms",
        "13 ms",
        "999 ms",
        "1.0 s",
        "61.3 s",
    ]


def test_the_document_has_every_test() -> None:
    whole = document("flow", ALL, "nodes")
    assert (whole["ok"], whole["workflow"], whole["mode"], whole["passed"], whole["total"]) == (
        False,
        "flow",
        "nodes",
        2,
        3,
    )
    assert whole["tests"][1] == {
        "node": "report",
        "fixture": "report-1.json",
        "status": "failed",
        "durationMs": 1500.0,
        "reasons": list(BAD.reasons),
        "log": list(BAD.log),
        "asked": list(BAD.asked),
        "note": "",
    }


def test_junit_has_a_case_for_each_test_and_a_failure_for_each_that_failed() -> None:
    root = parsed(junit("flow", ALL))
    (suite,) = root
    assert (root.tag, suite.get("name"), suite.get("tests"), suite.get("failures")) == ("testsuites", "flow", "3", "1")
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in suite] == [
        ("flow.fetch", "fetch.json", "0.012"),
        ("flow.report", "report-1.json", "1.500"),
        ("flow.send", "no fixtures", "0.000"),
    ]
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "output.a: expected 1, got 2"
    assert (failure.text or "").splitlines()[1] == "output.b: expected 1, got nothing"
    assert "GET github /user -> 200" in (failure.text or "")
    assert [out.text for out in suite.iter("system-out")] == ["[fetch] INFO hi", "[report] WARN two\nlines"]


@given(
    st.text(), st.text(st.characters(codec="utf-8", max_codepoint=0x20) | st.sampled_from("<>&\"']\ufffe\uffff\x85"))
)
def test_junit_is_well_formed_whatever_text_there_is(first: str, second: str) -> None:
    odd = Outcome(node=first, fixture=second, status="failed", reasons=(first + second,), log=(second,), asked=(first,))
    (case,) = parsed(junit(second, [odd])).iter("testcase")
    assert case.find("failure") is not None


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\x0b", "\ud800", "\uffff"])
def test_characters_that_xml_cannot_hold_are_written_out(letter: str) -> None:
    odd = Outcome(node="a", fixture="b", status="failed", reasons=(f"<{letter}>",))
    (failure,) = parsed(junit("flow", [odd])).iter("failure")
    assert failure.text == f"<{letter.encode('unicode_escape').decode()}>"
