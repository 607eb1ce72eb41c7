"""The workflow folders that the benchmarks make."""

from pathlib import Path

import pytest
from benchmarks import folders

from pipedreamer.dag import compile_plan
from pipedreamer.spec import load


@pytest.mark.parametrize(
    ("shape", "nodes", "stages"),
    [
        (folders.sequence(40), 40, 40),
        (folders.fan_out(100), 102, 3),
        (folders.layers(), 1000, 25),
        (folders.computing(), 1, 1),
    ],
)
def test_a_shape_is_a_workflow_of_so_many_nodes_and_stages(
    shape: folders.Shape, nodes: int, stages: int, tmp_path: Path
) -> None:
    folder = folders.write(shape, tmp_path / "made")
    workflow = load((folder / "workflow.yaml").read_text(), "workflow.yaml")
    assert (len(workflow.nodes), len(compile_plan(workflow).stages)) == (nodes, stages)
    assert all((folder / node.path).is_file() for node in workflow.nodes.values())


def test_a_tree_has_as_many_nodes_as_it_is_asked_for() -> None:
    workflow = load(folders.tree(1000), "workflow.yaml")
    assert (len(workflow.nodes), len(compile_plan(workflow).stages)) == (1000, 11)
