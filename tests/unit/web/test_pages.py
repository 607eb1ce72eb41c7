"""The first paint: HTML out of plain data, whatever is in it."""

import re
from html.parser import HTMLParser
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests.unit.web import data

from pipedreamer.web import CONTENT_SECURITY_POLICY, PAGE_HEADERS, Kind, Site

SITE = Site()
EMPTY: dict[Kind, dict[str, Any]] = {
    "workflow": {"workflow": data.workflow(nodes=[], stages=[]), "runs": {"runs": [], "next": None}},
    "runs": {"workflow": data.workflow(), "runs": {"runs": [], "next": None}},
    "run": data.run_page(nodes=[], state="accepted", startedAt=None, endedAt=None, durationMs=None),
    "login": {"message": "", "next": ""},
    "error": {"status": 404, "message": "There is no such run."},
}


class Reader(HTMLParser):
    """What a browser would make of it: tags with attributes, and the text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("kind", EMPTY)
def test_every_kind_is_made_of_the_least_that_there_can_be(kind: Kind) -> None:
    page = Reader(SITE.page(kind, EMPTY[kind], "./", data.NOW))
    assert page.tags[0][0] == "html"
    assert "None" not in page.text


@hypothesis.given(text=st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_text_makes_a_tag(text: str) -> None:
    lines = ({"n": 1, "at": 0, "node": text, "attempt": 1, "level": text, "message": text},)
    failed = data.node(text, "failed", {**data.attempt(0, 5, "failed"), "error": text}, output={text: text})
    given = data.run_page({"node": text, "tab": text}, lines, nodes=[failed], error=text, version=text, rerunOf=text)
    harmless = data.run_page(
        {"node": "a", "tab": "a"}, ({**lines[0], "node": "a"},), nodes=[{**failed, "id": "a"}], rerunOf="a"
    )
    shown = Reader(SITE.page("run", given, "../", data.NOW))
    assert {tag for tag, _ in shown.tags} <= {
        tag for tag, _ in Reader(SITE.page("run", harmless, "../", data.NOW)).tags
    } | {"b"}
    assert not any(name.startswith("on") or name == "style" for _, attributes in shown.tags for name in attributes)


@pytest.mark.parametrize("base", ["./", "../", "/api/v1/proxy/"])
def test_every_address_is_below_the_base(base: str) -> None:
    runs = {"runs": [data.run()], "next": "cursor"}
    for kind, given in {**EMPTY, "runs": {**EMPTY["runs"], "runs": runs, "query": {"text": "&before=1"}}}.items():
        for tag, attributes in Reader(SITE.page(kind, given, base, data.NOW)).tags:
            for name in ("href", "src", "action"):
                address = attributes.get(name)
                if address is not None and tag != "use":
                    assert address.startswith((base, "?", "#")), address


def test_filters_are_kept_and_escaped_in_the_addresses_of_pages() -> None:
    given = {
        **EMPTY["runs"],
        "runs": {"runs": [data.run()], "next": "a&b"},
        "query": {"text": "x&state=failed", "before": "z"},
    }
    links = [
        attributes.get("href")
        for tag, attributes in Reader(SITE.page("runs", given, "./", data.NOW)).tags
        if tag == "a"
    ]
    assert "./runs?text=x%26state%3Dfailed&before=a%26b" in links


def test_the_policy_allows_our_own_files_and_nothing_inline() -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:|data:", CONTENT_SECURITY_POLICY)
    assert PAGE_HEADERS["cache-control"] == "no-store"
    for kind, given in EMPTY.items():
        tags = Reader(SITE.page(kind, given, "./", data.NOW)).tags
        assert [attributes["src"] for tag, attributes in tags if tag == "script"]
        assert not any(tag == "style" or "style" in attributes for tag, attributes in tags)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"node": "d", "tab": "input"}, '{\n  "b": 2,\n  "c": 3\n}'),
        ({"node": "b", "tab": "input"}, "1"),
        ({"node": "a", "tab": "input"}, '{\n  "of": "run"\n}'),
        ({"node": "c", "tab": "output"}, "3"),
        ({"tab": "input"}, '{\n  "of": "run"\n}'),
    ],
)
def test_inputs_and_outputs_are_those_of_the_node(query: dict[str, str], shown: str) -> None:
    page = SITE.page("run", data.run_page(query), "../", data.NOW).decode()
    found = re.search(r'<pre class="json"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    assert found[1].replace("&#34;", '"') == shown


@pytest.mark.parametrize(
    ("href", "linked"),
    [
        ("runs/1/b", True),
        ("/runs/1/b?x=1", True),
        ("javascript:alert(1)", False),
        ("//evil.example", True),
        ("\\\\evil", False),
    ],
)
def test_a_large_value_is_linked_below_the_root_only(href: str, linked: bool) -> None:
    nodes = [data.node("a", "succeeded", data.attempt(0, 1), output={"$large": 3_000_000, "href": href})]
    given = data.run_page({"node": "a", "tab": "output"}, nodes=nodes)
    links = [
        attributes
        for _, attributes in Reader(SITE.page("run", given, "../", data.NOW)).tags
        if "download" in attributes
    ]
    assert bool(links) == linked
    assert all(str(link["href"]).startswith("../") and "//" not in str(link["href"]) for link in links)


def test_the_line_to_type_fits_the_schema_and_the_shell() -> None:
    schema = {
        "type": "object",
        "required": ["name", "how"],
        "properties": {
            "name": {"const": "it's"},
            "how": {"$ref": "#/$defs/how"},
            "left": {"type": "string"},
            "many": {"type": "array", "default": [1]},
        },
        "$defs": {"how": {"type": "integer", "minimum": 3}},
    }
    given = {**EMPTY["workflow"], "workflow": data.workflow(inputSchema=schema)}
    assert (
        """-d '{"name":"it'"'"'s","how":3,"many":[1]}' """ in Reader(SITE.page("workflow", given, "./", data.NOW)).text
    )


def test_a_schema_that_never_ends_is_ended() -> None:
    schema = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}}
    for endless in (schema, {"$ref": "#"}):
        given = {**EMPTY["workflow"], "workflow": data.workflow(inputSchema=endless)}
        assert SITE.page("workflow", given, "./", data.NOW)
