"""`/runs` and what is below it, where runs are kept."""

from typing import Any, Final, get_args

from pipedreamer.engine.history.questions import LARGEST_PAGE, LAST_LINE, LAST_MS, MOST_LINES, PAGE
from pipedreamer.engine.openapi.parts import JSON_TYPE, Json, answer, header, key, operation, parameter, ref
from pipedreamer.record import State

_TEXT: Final[Json] = {"type": "string", "pattern": r"^[^\u0000]*$"}
_MOMENT: Final[Json] = {"type": "integer", "minimum": 0, "maximum": LAST_MS}
_ANY: Final[Json] = {}
_EVENTS: Final = "text/event-stream"


def _asked(name: str, description: str, schema: Json, **more: Any) -> Json:
    return parameter(name, "query", description, schema, allowEmptyValue=True, **more)


_ID: Final = parameter("id", "path", "The run's id.", {"type": "string", "minLength": 1})
_NODE: Final = parameter("node", "path", "The node's id.", {"type": "string", "minLength": 1})
_STATES: Final[Json] = {"type": "array", "items": {"enum": list(get_args(State))}}
_FILTERS: Final = [
    _asked("state", "Only runs in one of these states.", _STATES, style="form", explode=False),
    _asked("trigger", "Only runs of this trigger, or of several joined by commas.", _TEXT),
    _asked("version", "Only runs of this version of the workflow, or of several joined by commas.", _TEXT),
    _asked("since", "Only runs accepted at this moment or later, in ms since 1970.", _MOMENT),
    _asked("until", "Only runs accepted before this moment, in ms since 1970.", _MOMENT),
    _asked("text", "How an id begins (8 digits and more), or a part of an error.", _TEXT),
    _asked("before", "The `next` of the page before.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}),
    _asked(
        "limit",
        "So many runs of the record; runs under way that somebody waits for come on top of the first page.",
        {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    ),
]
_OF_LINES: Final = [
    _asked("after", "Only lines with a higher number.", {"type": "integer", "minimum": 0, "maximum": LAST_LINE}),
    _asked(
        "limit",
        "So many lines are looked at.",
        {"type": "integer", "minimum": 1, "maximum": MOST_LINES, "default": MOST_LINES},
    ),
    _asked("node", "Only lines of this node.", _TEXT),
]
_HEARD: Final = parameter(
    "Last-Event-ID",
    "header",
    "The `id` of the last line that was heard: lines up to it are left out.",
    {"type": "string"},
)
_LOCATION: Final = header("Where the new run is.", {"type": "string"})


def _of_a_run(*more: Json) -> Json:
    return {"parameters": [_ID, *more], "tags": ["runs"]}


RUNS: Final[Json] = {
    "/runs": {
        "get": operation(
            "listRuns", "Runs, newest first", {"200": answer("A page.", "Page")}, parameters=_FILTERS, tags=["runs"]
        )
    },
    "/runs/events": {
        "get": operation(
            "watchRuns",
            "What happens in all runs from now on",
            {"200": answer("`run` events, without an end.", {"type": "string"}, _EVENTS)},
            tags=["runs"],
        )
    },
    "/runs/{id}": {
        "get": operation("getRun", "One run", {"200": answer("The run.", "RunDetail")}, (404,), **_of_a_run())
    },
    "/runs/{id}/logs": {
        "get": operation(
            "getLogs", "A run's log", {"200": answer("Some lines.", "LogPage")}, (404,), **_of_a_run(*_OF_LINES)
        )
    },
    "/runs/{id}/events": {
        "get": operation(
            "watchRun",
            "What has happened in a run and what happens, until it has ended",
            {"200": answer("`log`, `node` and `run` events.", {"type": "string"}, _EVENTS)},
            (404,),
            **_of_a_run(_HEARD),
        )
    },
    "/runs/{id}/input": {
        "get": operation(
            "getInput", "A run's input, however large", {"200": answer("It.", _ANY)}, (404,), **_of_a_run()
        )
    },
    "/runs/{id}/nodes/{node}/output": {
        "get": operation(
            "getOutput", "What a node returned, however large", {"200": answer("It.", _ANY)}, (404,), **_of_a_run(_NODE)
        )
    },
    "/runs/{id}/cancel": {
        "post": operation(
            "cancelRun",
            "Stop a run and its nodes",
            {"202": answer("It is being stopped.", "Named")},
            (404, 409, 413),
            **_of_a_run(),
        )
    },
    "/runs/{id}/rerun": {
        "post": operation(
            "rerun",
            "Repeat a run as a new one",
            {"202": answer("The new run was accepted.", "Address", Location=_LOCATION)},
            (404, 409, 413, 422, 503),
            requestBody={"required": False, "content": {JSON_TYPE: {"schema": ref("Rerun")}}},
            **_of_a_run(key()),
        )
    },
}
