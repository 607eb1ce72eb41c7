"""workflow.yaml -> a frozen model, with every problem at its line and column.

Pure: it reads text, never files (the time zone database excepted), knows no asyncio, and runs nothing. Whether the
files that a workflow names are there is the business of `project`.
"""

from pipedreamer.spec.duration import parse_duration
from pipedreamer.spec.input_schema import SchemaFault, schema_faults
from pipedreamer.spec.json_schema import json_schema
from pipedreamer.spec.model import Edge, Node, Trigger, TriggerType, Workflow
from pipedreamer.spec.permissions import Destination, Permissions
from pipedreamer.spec.reading import Reading, load, read, read_value
from pipedreamer.spec.widening import widened

__all__ = [
    "Destination",
    "Edge",
    "Node",
    "Permissions",
    "Reading",
    "SchemaFault",
    "Trigger",
    "TriggerType",
    "Workflow",
    "json_schema",
    "load",
    "parse_duration",
    "read",
    "read_value",
    "schema_faults",
    "widened",
]
