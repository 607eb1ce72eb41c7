"""Large files: ten thousand nodes are read, and the work grows with the file and not with its square."""

import sys
from collections.abc import Callable

import pytest

from pipedreamer.spec import read
from pipedreamer.spec.nearest import Names


def workflow(count: int) -> str:
    nodes = "".join(f"  node-{at}:\n    path: nodes/n{at}.py\n" for at in range(count))
    edges = "".join(f"  - from: node-{at}\n    to: node-{at + 1}\n" for at in range(count - 1))
    shortcuts = "".join(f"  - {{from: node-{at}, to: node-{at + 2}}}\n" for at in range(0, count - 2, 7))
    return f"name: big\nversion: 1.0\ntriggers: [{{type: manual}}]\nnodes:\n{nodes}edges:\n{edges}{shortcuts}"


def calls(work: Callable[[], object]) -> int:
    """How many functions something calls: a measure of work that is the same on every machine."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_ten_thousand_nodes_and_more_edges_are_read() -> None:
    reading = read(workflow(10_000))
    assert reading.problems == ()
    assert reading.workflow is not None
    assert len(reading.workflow.nodes) == 10_000
    assert len(reading.workflow.edges) == 9_999 + 1429


WRONG: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "every edge": lambda text: text.replace("to: node-", "to: nodee-"),
    "every path": lambda text: text.replace("path: ", "path: ../"),
    "every key": lambda text: text.replace("path: ", "pathh: "),
    "every edge twice": lambda text: text + text.split("edges:\n")[1],
    "one circle": lambda text: f"{text}  - {{from: node-599, to: node-0}}\n",
    "every id": lambda text: text.replace("node-", "Node-"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_twice_the_file_is_about_twice_the_work_whatever_is_wrong(wrong: str) -> None:
    read(WRONG[wrong](workflow(700)))  # imports and caches
    texts = [WRONG[wrong](workflow(count)) for count in (700, 1400)]
    small, large = (calls(lambda text=text: read(text)) for text in texts)  # type: ignore[misc]
    assert large < 2.2 * small


def test_finding_the_nearest_name_costs_the_same_however_many_there_are() -> None:
    few, many = (Names(f"node-{at}" for at in range(10_000, 10_000 + count)) for count in (500, 20_000))
    for names in (few, many):
        names.nearest("nod-10300")  # sorts them, once
    assert calls(lambda: many.nearest("nod-10301")) < 2 * calls(lambda: few.nearest("nod-10301"))
