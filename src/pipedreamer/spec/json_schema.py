"""workflow.yaml as JSON Schema, for editors."""

from typing import Any

from pipedreamer.spec.fields import WORKFLOW


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of workflow.yaml, made from the table that the parser reads by.

    It accepts every file that `read` accepts; what no schema can say (edges, circles, schedules) is left to `read`.
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "workflow.yaml of Pipedreamer"}
    return head | WORKFLOW.schema()
