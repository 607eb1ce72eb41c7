"""The schemas of what is answered, taken from the types that write it, and the errors."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from pipedreamer.engine.history import views
from pipedreamer.engine.history.rerun import Rerun
from pipedreamer.engine.openapi.parts import Json, answer, error_name, header
from pipedreamer.runtime.result import RunAnswer


class InputProblem(Struct, frozen=True):
    """What does not fit the workflow's input schema; `path` is a JSON Pointer."""

    path: str
    message: str


class Error(Struct, frozen=True):
    """Why there is no other answer."""

    error: Annotated[str, Meta(description="What is wrong and what to do, for a person.")]
    problems: Annotated[list[InputProblem], Meta(max_length=100)] | UnsetType = UNSET
    id: Annotated[str, Meta(description="What the log has more under, or the run that it is about.")] | UnsetType = (
        UNSET
    )
    status: Literal["starting", "stopping"] | UnsetType = UNSET


class Health(Struct, frozen=True):
    """That the engine lives; more is told to callers on its own machine."""

    status: Literal["ok"]
    workflow: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    layers: dict[str, str] | UnsetType = UNSET


class Ready(Struct, frozen=True):
    """That runs are taken."""

    status: Literal["ready"]


class PlannedNode(Struct, frozen=True, rename="camel"):
    """A node as workflow.yaml has it."""

    id: str
    file: str
    language: str
    timeout_ms: int
    retries: int
    parents: list[str]


class Workflow(Struct, frozen=True, rename="camel"):
    """What is served."""

    name: str
    version: str
    description: str
    digest: str
    triggers: list[dict[str, Any]]
    nodes: list[PlannedNode]
    stages: list[list[str]]
    input_schema: Annotated[Any, Meta(description="A JSON Schema, or null.")]
    layers: Annotated[dict[str, str], Meta(description="The layers of the sandbox, and whether they hold.")]


class LogLine(Struct, frozen=True):
    """A line of a run's log; `n` counts from 1, `at` is in ms since 1970."""

    n: int
    at: int
    node: str
    attempt: int
    level: str
    message: str


class LogPage(Struct, frozen=True):
    """Some lines; `next` is the `after` of the next page, null at the end."""

    lines: list[LogLine]
    next: int | None


_TYPES: Final = (
    Error, Health, Ready, Workflow, LogPage, Rerun, RunAnswer,
    views.Address, views.Named, views.Page, views.RunDetail,
)  # fmt: skip
_RETRY_AFTER: Final = header("Seconds to wait before it is tried again.", {"type": "integer", "minimum": 0}, False)
_ERRORS: Final = {
    400: "The request is malformed: a header, the query or the body.",
    403: "The engine is not known by this `Host`, or a page of another origin asks.",
    404: "There is nothing here.",
    408: "The request did not arrive in time.",
    409: "The run is not in a state in which this can be done.",
    413: "The body is too large.",
    415: "The body is compressed.",
    422: "The input does not fit the workflow's schema, or the `Idempotency-Key` came with another body.",
    431: "The headers are too long.",
    500: "The engine itself failed.",
    501: "No run can be kept: the engine has no record.",
    503: "The engine is starting or stopping, or has no room or no worker for another run.",
}


def schemas() -> Json:
    """Every component's schema by its name."""
    return msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")[1]


def responses() -> Json:
    """Every error's response by its name."""
    found = {error_name(status): answer(text, "Error") for status, text in _ERRORS.items()}
    found[error_name(503)]["headers"] = {"Retry-After": _RETRY_AFTER}
    return found
