import random
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.dag.graphs import DIAMOND, plan_of

from pipedreamer.dag import Plan, html, svg
from pipedreamer.dag.draw.layering import layers_of
from pipedreamer.dag.draw.layout import Box, lay_out, short
from pipedreamer.dag.draw.ordering import _crossings, order_rows

SVG = "{http://www.w3.org/2000/svg}"


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    ids = [f"n{number}" for number in range(draw(st.integers(1, 14)))]
    pairs = [(ids[a], ids[b]) for b in range(len(ids)) for a in range(b)]
    return plan_of(ids, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else [])


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def random_plan(count: int, seed: int = 5) -> Plan:
    dice = random.Random(seed)  # noqa: S311 - no secret
    ids = [f"step-{number}" for number in range(count)]
    pairs = {(ids[max(0, n - 1 - int(dice.expovariate(0.1)))], ids[n]) for n in range(1, count) for _ in range(2)}
    return plan_of(ids, sorted(pairs))


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def test_a_drawing_is_xml_with_a_box_a_node_and_an_arrow_an_edge() -> None:
    root = parsed(svg(plan_of(*DIAMOND)))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["fetch", "enrich", "transform", "notify", "1", "2", "3"]
    assert len([path for path in root.iter(f"{SVG}path") if path.get("class") == "edge"]) == 4


def test_a_drawing_asks_nobody_and_runs_nothing() -> None:
    text = svg(plan_of(*DIAMOND)).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|<script|<image|@import|href|\bon[a-z]+=", text)


def test_a_drawing_follows_light_and_dark() -> None:
    assert "prefers-color-scheme:dark" in svg(plan_of(*DIAMOND))


def test_names_are_escaped() -> None:
    plan = plan_of(['<a&"b>'], [], name="x</svg>")
    parsed(svg(plan))
    assert "x</svg>" not in html(plan)


def test_the_same_plan_is_drawn_the_same() -> None:
    assert svg(random_plan(60)) == svg(random_plan(60))


@settings(max_examples=40)
@given(plans())
def test_boxes_never_overlap_and_lie_on_the_paper(plan: Plan) -> None:
    layout = lay_out(plan)
    boxes = list(layout.boxes.values())
    assert not any(overlap(one, other) for number, one in enumerate(boxes) for other in boxes[:number])
    for box in boxes:
        assert -0.01 <= box.x <= layout.width - box.width + 0.01
        assert -0.01 <= box.y <= layout.height - box.height + 0.01


@settings(max_examples=40)
@given(plans())
def test_a_line_that_passes_a_stage_keeps_off_its_boxes(plan: Plan) -> None:
    layout = lay_out(plan)
    for line in layout.lines:
        inner = line[1:-1]
        for start, end in zip(inner[::2], inner[1::2], strict=True):
            beside = Box(min(start[0], end[0]), min(start[1], end[1]), abs(start[0] - end[0]), abs(start[1] - end[1]))
            assert not any(overlap(beside, box) for box in layout.boxes.values())


def test_edges_that_need_not_cross_do_not() -> None:
    sources, targets = [f"a{n}" for n in range(6)], [f"z{n}" for n in range(6)]
    layers = layers_of(plan_of(sources + targets, list(zip(sources, reversed(targets), strict=True))))
    assert _crossings(layers.rows, layers) == 15
    assert _crossings(order_rows(layers), layers) == 0


def test_sweeping_never_makes_more_crossings() -> None:
    layers = layers_of(random_plan(80))
    assert _crossings(order_rows(layers), layers) < _crossings(layers.rows, layers) / 2


def test_a_wide_plan_runs_from_left_to_right_and_a_narrow_one_down() -> None:
    probes = [f"probe-{number}" for number in range(40)]
    assert lay_out(plan_of(["all", *probes], [("all", probe) for probe in probes])).across
    assert not lay_out(plan_of(probes, list(pairwise(probes)))).across


def test_rows_count_as_people_do() -> None:
    layout = lay_out(plan_of(["n10", "n2", "n1"], []))
    assert sorted(layout.boxes, key=lambda node_id: layout.boxes[node_id].x) == ["n1", "n2", "n10"]


@pytest.mark.parametrize("count", [1, 2, 28, 29, 200])
def test_a_long_name_keeps_its_beginning_and_its_end(count: int) -> None:
    name = "b" + "m" * (count - 2) + "e" if count > 1 else "b"
    assert len(short(name)) == min(count, 28)
    assert (short(name)[0], short(name)[-1]) == (name[0], name[-1])


def test_a_thousand_nodes_are_all_drawn() -> None:
    root = parsed(svg(random_plan(1_000)))
    assert len([box for box in root.iter(f"{SVG}rect") if box.get("class") == "box"]) == 1_000


def test_long_edges_past_all_measure_lose_their_bends_and_are_still_drawn() -> None:
    ids = [f"n{number:04}" for number in range(2_000)]
    chain = list(pairwise(ids))
    plan = plan_of(ids, [*chain, *((ids[0], node_id) for node_id in ids[2:])])
    layers = layers_of(plan)
    assert len(layers.names) <= 22_000
    assert len(layers.routes) == len(chain) + 1_998


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "srcset"}


def test_the_page_holds_the_drawing_and_no_script() -> None:
    plan = plan_of(*DIAMOND)
    page, text = Page(), html(plan)
    page.feed(text)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert svg(plan) in text
    assert "default-src 'none'" in text
    assert "4 steps, 4 edges, 3 stages" in text
    assert "<li>enrich, transform</li>" in text
