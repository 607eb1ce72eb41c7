"""Public: tests of nodes and workflows, from fixtures (`pipedreamer test`) and from people's own test code.

Duty: run a node or a plan in the real worker processes with mocks around it, and say how it differs from what was
expected. It must not know how a terminal looks, and nothing below imports it.
"""

from pipedreamer.runtime.logs import NodeLine
from pipedreamer.testing.calls import run_node, run_node_async, run_workflow, run_workflow_async
from pipedreamer.testing.fixture import Fixture, read_fixture
from pipedreamer.testing.mock_broker import MockBroker, Request
from pipedreamer.testing.mocks import Given
from pipedreamer.testing.runs import NodeRun, WorkflowRun

__all__ = [
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
