import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.dag.graphs import DIAMOND, Graph, plan_of

from pipedreamer.dag import Plan
from pipedreamer.errors import SpecError


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> Graph:
    """Node ids in no particular order, and unique edges without a cycle."""
    ids = draw(st.lists(st.from_regex(r"[a-z][a-z0-9_-]{0,3}", fullmatch=True), min_size=1, max_size=most, unique=True))
    pairs = [(ids[a], ids[b]) for b in range(len(ids)) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=40)) if pairs else []
    return draw(st.permutations(ids)), edges


def stage_of(plan: Plan) -> dict[str, int]:
    return {node_id: number for number, stage in enumerate(plan.stages) for node_id in stage}


def test_the_diamond_of_the_first_example_has_three_stages() -> None:
    plan = plan_of(*DIAMOND)
    assert plan.stages == (("fetch",), ("enrich", "transform"), ("notify",))
    assert plan.parents == {
        "fetch": (),
        "enrich": ("fetch",),
        "transform": ("fetch",),
        "notify": ("transform", "enrich"),
    }


def test_a_node_waits_for_its_longest_path_and_not_its_shortest() -> None:
    plan = plan_of(["a", "b", "c", "z"], [("a", "b"), ("b", "c"), ("a", "z"), ("c", "z")])
    assert stage_of(plan) == {"a": 0, "b": 1, "c": 2, "z": 3}


def test_nodes_without_edges_all_stand_in_the_first_stage_in_alphabetical_order() -> None:
    assert plan_of(["b", "c", "a"], []).stages == (("a", "b", "c"),)


def test_name_and_version_are_the_workflow_s() -> None:
    plan = plan_of(["a"], [], name="mine")
    assert (plan.name, plan.version) == ("mine", "1.0")


@given(graphs())
def test_each_node_appears_once_and_after_its_parents(graph: Graph) -> None:
    ids, edges = graph
    plan = plan_of(ids, edges)
    assert sorted(node_id for stage in plan.stages for node_id in stage) == sorted(ids)
    stages = stage_of(plan)
    for node_id in ids:
        parents = [source for source, target in edges if target == node_id]
        assert list(plan.parents[node_id]) == parents
        assert stages[node_id] == (1 + max(stages[parent] for parent in parents) if parents else 0)


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_nodes_in_the_file_changes_nothing(graph: Graph, shuffle: random.Random) -> None:
    ids, edges = graph
    shuffled = shuffle.sample(ids, len(ids))
    plan, other = plan_of(ids, edges), plan_of(shuffled, edges)
    assert plan == other
    assert list(plan.nodes) == list(other.nodes)


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_edges_changes_only_the_order_of_parents(graph: Graph, shuffle: random.Random) -> None:
    ids, edges = graph
    plan = plan_of(ids, edges)
    other = plan_of(ids, shuffle.sample(edges, len(edges)))
    assert other.stages == plan.stages
    assert {k: sorted(v) for k, v in other.parents.items()} == {k: sorted(v) for k, v in plan.parents.items()}


def test_ten_thousand_nodes_in_a_chain_compile_without_recursion() -> None:
    ids = [f"n{number}" for number in range(10_000)]
    plan = plan_of(ids, list(pairwise(ids)))
    assert [stage for (stage,) in plan.stages] == ids


def test_ten_thousand_nodes_side_by_side_compile() -> None:
    ids = [f"n{number:05}" for number in range(10_000)]
    plan = plan_of([*ids, "sink"], [(node_id, "sink") for node_id in ids])
    assert plan.stages == (tuple(ids), ("sink",))
    assert len(plan.parents["sink"]) == 10_000


def test_ten_thousand_nodes_at_random_compile() -> None:
    dice = random.Random(7)  # noqa: S311 - no secret
    ids = [f"n{number}" for number in range(10_000)]
    edges = list({(ids[dice.randrange(number)], ids[number]) for number in range(1, 10_000) for _ in range(3)})
    stages = stage_of(plan_of(ids, edges))
    assert len(stages) == 10_000
    assert all(stages[source] < stages[target] for source, target in edges)


def test_a_cycle_that_gets_here_is_named() -> None:
    edges = [("start", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "end")]
    with pytest.raises(SpecError, match=r"workflow.yaml: error: .*circle: a -> b -> c -> a "):
        plan_of(["start", "a", "b", "c", "end"], edges)


def test_a_long_cycle_is_named_in_one_short_line() -> None:
    ids = [f"n{number}" for number in range(5_000)]
    with pytest.raises(SpecError) as caught:
        plan_of(ids, [*pairwise(ids), (ids[-1], ids[0])])
    assert len(str(caught.value)) < 200
