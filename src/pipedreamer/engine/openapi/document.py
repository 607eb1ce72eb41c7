"""The description of one engine: its workflow's own name, version and input in the paths that all engines have."""

from typing import Final

import orjson

from pipedreamer.engine.openapi.components import responses, schemas
from pipedreamer.engine.openapi.guarded import NeedOf, guarded
from pipedreamer.engine.openapi.parts import Json, ref
from pipedreamer.engine.openapi.paths import ENGINE
from pipedreamer.engine.openapi.paths_of_runs import RUNS
from pipedreamer.engine.openapi.placing import placed
from pipedreamer.engine.openapi.running import running
from pipedreamer.engine.schema import InputSchema
from pipedreamer.engine.service import Service

VERSION: Final = "3.1.1"
_ABOUT: Final = (
    "Paths with GET take HEAD, too, but for `/run` and events. `/runs` and `/runs/{id}` are pages for whoever accepts "
    "text/html, and JSON for everybody with `.json` behind them."
)


def document(service: Service, need: NeedOf | None = None) -> bytes:
    """The OpenAPI document as JSON; `need` tells what callers need where tokens are asked for."""
    schema = True if service.input_schema is None else service.input_schema
    description = "\n\n".join(filter(None, (service.about.get("description"), _ABOUT)))
    whole = {
        "openapi": VERSION,
        "info": {"title": service.workflow, "version": service.version, "description": description},
        "paths": running(is_needed=_is_needed(schema)) | ENGINE | (RUNS if service.history is not None else {}),
        "components": {"schemas": _schemas(service, schema), "responses": responses()},
    }
    return orjson.dumps(whole if need is None else guarded(whole, need))


def _schemas(service: Service, schema: Json | bool) -> Json:
    made = schemas() | placed(schema, "Input")
    asked = made["Rerun"]["properties"]
    asked["input"] = ref("Input")
    made["Rerun"]["not"] = {"required": ["from", "input"], "properties": {"from": {"type": "array"}}}
    if nodes := [node["id"] for node in service.about.get("nodes", ())]:
        asked["from"]["anyOf"][0]["items"] = {"enum": nodes}
    return made


def _is_needed(schema: Json | bool) -> bool:
    """Whether a run without an input is refused: then a body must come."""
    return InputSchema(schema).check({}, 2) is not None
