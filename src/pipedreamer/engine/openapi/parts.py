"""What operations are made of."""

from http import HTTPStatus
from typing import Any, Final

from pipedreamer.engine.history.keys import KEY

Json = dict[str, Any]

JSON_TYPE: Final = "application/json"
ALWAYS: Final = (400, 403, 408, 431, 500)
"""What any request may be answered with, before its path is looked at or because the engine failed."""


def operation(name: str, summary: str, answers: Json, refused: tuple[int, ...] = (), **more: Any) -> Json:
    """An operation; `refused` are the errors that it has beside those of all."""
    errors = {str(status): {"$ref": f"#/components/responses/{error_name(status)}"} for status in (*ALWAYS, *refused)}
    return {"operationId": name, "summary": summary, **more, "responses": dict(sorted((errors | answers).items()))}


def error_name(status: int) -> str:
    """What an error's response is called among the components."""
    return HTTPStatus(status).phrase.title().replace(" ", "")


def answer(description: str, schema: str | Json, media: str = JSON_TYPE, **headers: Json) -> Json:
    """A response; `schema` may be the name of a component."""
    shown = ref(schema) if isinstance(schema, str) else schema
    made: Json = {"description": description, "content": {media: {"schema": shown}}}
    return made | ({"headers": {name.replace("_", "-"): each for name, each in headers.items()}} if headers else {})


def ref(name: str) -> Json:
    """A reference to a schema among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str, place: str, description: str, schema: Json, **more: Any) -> Json:
    """A parameter; one of the query may be sent blank, which is as if it were not there."""
    made: Json = {"name": name, "in": place, "description": description, "schema": schema, **more}
    return made | {"required": True} if place == "path" else made


def key() -> Json:
    """The header that makes several requests one run."""
    text = "Requests with the same key and body are one durable run."
    return parameter("Idempotency-Key", "header", text, {"type": "string", "pattern": KEY})


def header(description: str, schema: Json, required: bool = True) -> Json:
    """A header of a response."""
    return {"description": description, "schema": schema, "required": required}
