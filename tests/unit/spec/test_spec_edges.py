"""Edges: both ends defined, none to itself, each once, no circle."""

import pytest

from pipedreamer.spec import Edge, read

START = "name: a\nversion: 1.0\ntriggers: [{type: manual}]\nnodes:\n"


def flow(ids: str, edges: str) -> str:
    """Nodes named by single letters, edges such as `ab`; the first edge is in the line after `edges:`."""
    nodes = "".join(f"  {name}: {{path: {name}.py}}\n" for name in ids)
    return f"{START}{nodes}edges:\n" + "".join(f"- {{from: {edge[0]}, to: {edge[1:]}}}\n" for edge in edges.split())


def problems(text: str) -> list[str]:
    return [str(problem).removeprefix("workflow.yaml:") for problem in read(text).problems]


def test_absent_edges_mean_none() -> None:
    reading = read(f"{START}  a: {{path: a.py}}\n")
    assert reading.problems == ()
    assert reading.workflow is not None
    assert reading.workflow.edges == ()


def test_edges_keep_the_order_of_the_file() -> None:
    reading = read(flow("abc", "bc ab ac"))
    assert reading.workflow is not None
    assert reading.workflow.edges == (Edge("b", "c"), Edge("a", "b"), Edge("a", "c"))


def test_a_duplicated_edge_counts_once_with_a_warning() -> None:
    reading = read(flow("ab", "ab ab ab"))
    assert [str(problem).removeprefix("workflow.yaml:") for problem in reading.problems] == [
        "9:3: warning: the edge a -> b is written twice and counts once (the first is at line 8)",
        "10:3: warning: the edge a -> b is written twice and counts once (the first is at line 8)",
    ]
    assert reading.workflow is not None
    assert reading.workflow.edges == (Edge("a", "b"),)


def test_an_end_that_is_no_node_is_an_error_with_the_nearest_id() -> None:
    nodes = "  fetch: {path: a.py}\n  report: {path: b.py}\n"
    text = f"{START}{nodes}edges:\n- {{from: fetsh, to: reprot}}\n- {{from: x, to: fetch}}\n"
    assert problems(text) == [
        '8:10: error: edges[0].from is "fetsh", which is not a node (did you mean "fetch"?)',
        '8:21: error: edges[0].to is "reprot", which is not a node (did you mean "report"?)',
        '9:10: error: edges[1].from is "x", which is not a node (define it below nodes: x: {path: ...})',
    ]


def test_an_edge_to_itself_is_an_error() -> None:
    assert problems(flow("a", "aa")) == [
        '7:17: error: edges[0] leads from "a" to itself (remove it, or name another node)'
    ]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ("ab ba", ["12:3: error: the edges run in a circle: a -> b -> a (remove one of these edges)"]),
        ("ba ab", ["12:3: error: the edges run in a circle: b -> a -> b (remove one of these edges)"]),
        ("ab bc cd db", ["14:3: error: the edges run in a circle: b -> c -> d -> b (remove one of these edges)"]),
        (
            "ab ba bc cd dc",
            [
                "12:3: error: the edges run in a circle: a -> b -> a (remove one of these edges)",
                "15:3: error: the edges run in a circle: c -> d -> c (remove one of these edges)",
            ],
        ),
        ("ab bc ac cd ad", []),
    ],
)
def test_every_circle_is_an_error_at_the_edge_that_closes_it(edges: str, expected: list[str]) -> None:
    assert problems(flow("abcde", edges)) == expected


def test_a_circle_of_thousands_is_found_and_drawn_short() -> None:
    count = 5000
    nodes = "".join(f"  n{at}: {{path: a.py}}\n" for at in range(count))
    edges = "".join(f"- {{from: n{at}, to: n{(at + 1) % count}}}\n" for at in range(count))
    (problem,) = problems(f"{START}{nodes}edges:\n{edges}")
    assert problem == (
        "10005:3: error: the edges run in a circle: n0 -> n1 -> n2 -> n3 -> (4,993 more) -> "
        "n4997 -> n4998 -> n4999 -> n0 (remove one of these edges)"
    )


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("{from: a}", "8:3: error: edges[0] has no to (for example to: report)"),
        ("{from: a, to: }", "8:13: error: edges[0].to has no value (for example to: report)"),
        ("{from: a, to: [b]}", "8:17: error: edges[0].to must be text, not a list (for example report)"),
        ("a -> b", '8:3: error: edges[0] must be {from, to}, not "a -> b" (for example {from: fetch, to: report})'),
        ("{from: a, to: b, form: c}", '8:20: warning: edges[0] has an unknown key "form" (did you mean "from"?)'),
    ],
)
def test_an_edge_has_two_ends(edge: str, expected: str) -> None:
    assert problems(f"{flow('ab', '')}- {edge}\n") == [expected]


def test_edges_that_are_no_list_are_an_error() -> None:
    text = f"{START}  a: {{path: a.py}}\nedges: {{a: b}}\n"
    assert problems(text) == [
        "6:8: error: edges must be a list of {from, to}, not a mapping (for example [{from: fetch, to: report}])"
    ]


def test_without_nodes_edges_are_not_complained_of() -> None:
    text = f"{START.removesuffix('nodes:' + chr(10))}edges: [{{from: a, to: b}}]\n"
    assert problems(text) == [
        "1:1: error: the workflow has no nodes (for example nodes: {fetch: {path: nodes/fetch.py}})"
    ]


def test_a_node_with_a_bad_id_is_still_a_node_to_its_edges() -> None:
    text = f"{START}  Bad: {{path: a.py}}\n  b: {{path: b.py}}\nedges: [{{from: Bad, to: b}}]\n"
    assert [problem.line for problem in read(text).problems] == [5]
