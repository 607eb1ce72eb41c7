import shutil
import subprocess

import pytest
from tests.unit.dag.graphs import DIAMOND, plan_of

from pipedreamer.dag import dot, mermaid, stages


def test_stages_are_listed_one_a_line() -> None:
    assert stages(plan_of(*DIAMOND)) == (
        "Stage 1: [fetch]  (parallel)\nStage 2: [enrich, transform]  (parallel)\nStage 3: [notify]  (parallel)\n"
    )


def test_mermaid_draws_an_arrow_an_edge() -> None:
    assert mermaid(plan_of(*DIAMOND)) == (
        "graph TD\n    fetch --> enrich\n    fetch --> transform\n    transform --> notify\n    enrich --> notify\n"
    )


def test_mermaid_shows_a_node_without_edges() -> None:
    assert mermaid(plan_of(["alone"], [])) == "graph TD\n    alone\n"


@pytest.mark.parametrize("node_id", ["end", "end-of-day", "class", "style", "subgraph", "v", "a--b", "a-"])
def test_mermaid_gives_a_word_of_its_own_language_another_name(node_id: str) -> None:
    text = mermaid(plan_of([node_id, "x"], [(node_id, "x")]))
    assert f'    N0["{node_id}"]\n    N0 --> x\n' in text


@pytest.mark.parametrize("node_id", ["ending", "classify", "vat", "week-end", "a_b-c"])
def test_mermaid_keeps_a_name_that_only_resembles_one(node_id: str) -> None:
    assert mermaid(plan_of([node_id, "x"], [(node_id, "x")])) == f"graph TD\n    {node_id} --> x\n"


def test_dot_puts_a_stage_on_one_rank() -> None:
    text = dot(plan_of(*DIAMOND, name="my-flow"))
    assert text.startswith('digraph "my-flow" {\n')
    assert '{ rank=same; "enrich"; "transform"; }' in text
    assert '"fetch" -> "enrich";' in text


def test_dot_escapes_what_would_end_a_name() -> None:
    assert '"a\\"b\\\\" -> "c"' in dot(plan_of(['a"b\\', "c"], [('a"b\\', "c")]))


def test_mermaid_escapes_what_would_end_a_label() -> None:
    assert 'N0["#lt;a#quot;b#35;#gt;"]' in mermaid(plan_of(['<a"b#>'], []))


def test_every_edge_is_in_each_text() -> None:
    ids = [f"n{number}" for number in range(30)]
    plan = plan_of(ids, [(ids[a], ids[b]) for b in range(30) for a in range(b)])
    assert mermaid(plan).count(" --> ") == 435
    assert dot(plan).count(" -> ") == 435


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_the_dot() -> None:
    text = dot(plan_of(*DIAMOND))
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout.count("\nedge ") == 4
