"""The queries of `/runs` and `/runs/ID/logs`: what is taken, and what is refused in words."""

import pytest

from pipedreamer.engine.history.questions import WrongQueryError, is_asked_for, last_line, lines_of, query_of
from pipedreamer.record import Code, Run

ID = "01a1ffe75ea1c269fabbe6a000000003"


def test_a_query_is_all_that_it_says() -> None:
    query = query_of(
        "flow", b"state=failed,cancelled&trigger=cron&version=1.0,2.0&since=1&until=2&text=a%20b&limit=500"
    )
    assert (query.states, query.triggers, query.versions) == (("failed", "cancelled"), ("cron",), ("1.0", "2.0"))
    assert (query.since, query.until, query.text, query.limit) == (1, 2, "a b", 500)
    assert query_of("flow", f"before={ID}".encode()).before == ID


@pytest.mark.parametrize("name", ["state", "trigger", "version", "since", "until", "text", "before", "limit"])
def test_a_blank_parameter_is_none(name: str) -> None:
    assert query_of("flow", f"{name}=".encode()) == query_of("flow", b"")


@pytest.mark.parametrize("text", ["text=gr%C3%BCn", "text=grün"])
def test_a_query_is_utf_8(text: str) -> None:
    assert query_of("flow", text.encode()).text == "grün"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (b"limit=0", "limit must be a whole number from 1 to 500, not '0'"),
        (b"limit=501", "from 1 to 500"),
        (b"limit=-1", "not '-1'"),
        (b"limit=1.0", "whole number"),
        (b"limit=%D9%A1", "whole number"),
        (b"limit=1&limit=2", "stands twice"),
        (b"since=-1", "since must be a whole number from 0"),
        (b"until=281474976710656", "to 281474976710655"),
        (b"since=" + b"9" * 5000, "whole number"),
        (b"before=1", "the `next` of a page"),
        (b"before=" + b"G" * 32, "the `next` of a page"),
        (b"before=" + b"f" * 33, "the `next` of a page"),
        (b"state=failed,odd", "no state 'odd'; there are accepted, running,"),
        (b"colour=red", "no parameter 'colour'; there are state, trigger,"),
        (b"text=a%00b", "text has a NUL"),
        (b"version=%00", "version has a NUL"),
        (b"text=%FF", "not UTF-8"),
        (b"text=\xff", "not UTF-8"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(query: bytes, words: str) -> None:
    with pytest.raises(WrongQueryError, match=words):
        query_of("flow", query)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (b"limit=0", "limit must be a whole number from 1 to 1000"),
        (b"limit=1001", "from 1 to 1000"),
        (b"after=2147483648", "after must be a whole number from 0 to 2147483647"),
        (b"before=1", "no parameter 'before'; there are after, limit, node"),
        (b"node=a&node=b", "stands twice"),
    ],
)
def test_a_query_of_lines_is_refused_in_words(query: bytes, words: str) -> None:
    with pytest.raises(WrongQueryError, match=words):
        lines_of(query)


@pytest.mark.parametrize(
    ("event", "line"),
    [(b"", 0), (b"7", 7), (b"-7", 0), (b"x", 0), (b"\xb2", 0), (b"2147483648", 2147483647), (b"9" * 5000, 0)],
)
def test_the_last_event_of_a_stream_is_the_number_of_a_line(event: bytes, line: int) -> None:
    assert last_line(event) == line


@pytest.mark.parametrize(
    ("text", "is_asked"), [(ID[:8], True), (ID.upper(), True), ("fffffffff", False), ("a node's error", False)]
)
def test_a_run_under_way_is_found_by_how_its_id_begins(text: str, is_asked: bool) -> None:
    run = Run(id=ID, workflow="flow", code=Code("1.0", "c"), trigger="manual", state="running", input=b"{}")
    assert is_asked_for(run, query_of("flow", f"text={text}".encode())) is is_asked
