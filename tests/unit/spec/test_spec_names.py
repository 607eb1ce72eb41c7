"""Right forms of names, and the nearest of many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipedreamer.spec import naming
from pipedreamer.spec.nearest import Names
from pipedreamer.spec.wording import below, shown


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My Flow", "my-flow"),
        ("my_flow", "my-flow"),
        ("MyFlow2", "my-flow2"),
        ("-a--b-", "a-b"),
        ("Über Größe", "uber-groe"),
        ("2fast", "n2fast"),
        ("日本", "my-flow"),
        ("", "my-flow"),
    ],
)
def test_the_right_form_of_a_name_keeps_its_words(text: str, name: str) -> None:
    assert naming.right_name(text) == name


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text())
def test_a_right_form_is_always_right(text: str) -> None:
    assert naming.NAME.fullmatch(naming.right_name(text))
    assert naming.ID.fullmatch(naming.right_id(text))
    assert naming.VERSION.fullmatch(naming.right_version(text))


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("fetsh", "fetch"),
        ("FETCH", "fetch"),
        ("fetch-", "fetch"),
        ("rport", "report"),
        ("zzz", None),
        ("f" * 500, None),
    ],
)
def test_the_nearest_name_is_the_one_that_was_meant(word: str, name: str | None) -> None:
    assert Names(["fetch", "report", "x" * 500]).nearest(word) == name


@pytest.mark.parametrize("word", ["node-7777x", "xnode-7777", "nod-7777", "Node-7777", "node_7777"])
def test_among_ten_thousand_names_the_nearest_is_found_by_its_beginning_or_its_end(word: str) -> None:
    assert Names([f"node-{at}" for at in range(10_000)]).nearest(word) == "node-7777"


def test_no_name_is_near_where_there_are_none() -> None:
    assert Names([]).hint("a") == ""


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text())
def test_a_shown_text_is_short_and_printable(text: str) -> None:
    assert shown(text).isprintable()
    assert below("nodes", text).isprintable()
    assert len(shown(text)) < 700


@pytest.mark.parametrize(
    ("label", "key", "expected"),
    [("", "name", "name"), ("nodes", "a-b", "nodes.a-b"), ("nodes", "a.b", 'nodes["a.b"]'), ("x", "", 'x[""]')],
)
def test_the_name_of_a_value_is_its_path(label: str, key: str, expected: str) -> None:
    assert below(label, key) == expected
