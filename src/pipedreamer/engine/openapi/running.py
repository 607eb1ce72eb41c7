"""`/run`: the one path that differs from workflow to workflow."""

from typing import Final

from pipedreamer.engine.openapi.parts import JSON_TYPE, Json, answer, header, key, operation, parameter, ref

_DURABLE: Final = [
    parameter(
        "wait",
        "query",
        "With `false` the run is durable, and the answer comes as soon as it is on the disk.",
        {"enum": ["true", "false"], "default": "true"},
    ),
    parameter("Prefer", "header", "`respond-async` is the same as `wait=false`.", {"type": "string"}),
    key(),
]
_RUN_ID: Final = header("The run's id.", {"type": "string"})
_LOCATION: Final = header("Where the run is.", {"type": "string"})
_ANSWERS: Final[Json] = {
    "200": answer("The run succeeded.", "RunAnswer", X_Run_Id=_RUN_ID),
    "202": answer("The run was accepted and will be carried out.", "Address", Location=_LOCATION),
    "500": answer("The run failed; or the engine, then there is `error`.", {"anyOf": [ref("RunAnswer"), ref("Error")]}),
}
_OTHERS: Final = (
    "The input as JSON. Text of any other type comes to the nodes as an object of `contentType` and `body`, and what "
    "is no text as one of `contentType` and `bodyBase64`; no body is `{}`."
)


def running(*, is_needed: bool) -> Json:
    """The path; `is_needed` says that a run without a body is refused."""
    body = {
        "description": _OTHERS,
        "required": is_needed,
        "content": {JSON_TYPE: {"schema": ref("Input")}},
    }
    refused = (422, 501, 503)
    return {
        "/run": {
            "post": operation(
                "run", "Run the workflow", _ANSWERS, (413, 415, *refused), parameters=_DURABLE, requestBody=body
            ),
            "get": operation("runWithoutInput", "Run the workflow with {}", _ANSWERS, refused, parameters=_DURABLE),
        }
    }
