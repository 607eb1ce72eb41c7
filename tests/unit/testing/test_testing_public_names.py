"""The names that people's test code imports do not change by accident."""

import inspect
import re
from pathlib import Path

import pipedreamer.testing as public

PAGE = (Path(__file__).parents[3] / "docs" / "testing.md").read_text()


def test_what_test_code_may_import() -> None:
    assert public.__all__ == [
        "Fixture",
        "Given",
        "MockBroker",
        "NodeLine",
        "NodeRun",
        "Request",
        "WorkflowRun",
        "read_fixture",
        "run_node",
        "run_node_async",
        "run_workflow",
        "run_workflow_async",
    ]
    assert [name for name in public.__all__ if not inspect.getdoc(getattr(public, name))] == []


def test_the_page_explains_every_name_and_every_key_of_a_fixture() -> None:
    from pipedreamer.testing import canned, fixture

    names = (*public.__all__, *fixture.KEYS, *canned.KEYS)
    assert [name for name in names if not re.search(rf'[`"( ]{name}[`"(: ]', PAGE)] == []
