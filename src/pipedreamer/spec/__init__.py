"""workflow.yaml -> a frozen model, with every problem at its line and column. Pure: reads text, never files."""

from pipedreamer.spec.model import Edge, Node, Trigger, Workflow

__all__ = ["Edge", "Node", "Trigger", "Workflow"]
