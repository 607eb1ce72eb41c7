"""The description has every path that is served and no other, and a workflow's own schema in it."""

import subprocess
import sys
from typing import Any

import orjson
import pytest
from jsonschema_rs import Draft202012Validator, validator_for

from pipedreamer.engine.access.rules import needed
from pipedreamer.engine.browsing import without_json
from pipedreamer.engine.entrance import ROUTES
from pipedreamer.engine.history.history import methods_below_runs
from pipedreamer.engine.openapi.document import document
from pipedreamer.engine.openapi.guarded import NeedOf
from pipedreamer.engine.openapi.parts import Json
from pipedreamer.engine.openapi.paths_of_runs import RUNS
from pipedreamer.engine.service import Service, Stats
from pipedreamer.runtime.mask import Mask

INPUT = "#/components/schemas/Input"
ALIASES = {path for path in ROUTES if path != without_json(path) in ROUTES}
ROUTES_BELOW_RUNS = (
    "",
    "/events",
    "/X",
    "/X/logs",
    "/X/events",
    "/X/input",
    "/X/nodes/X/output",
    "/X/cancel",
    "/X/rerun",
)


def described(history: Any = "kept", need: NeedOf | None = None, **fields: Any) -> Json:
    mask = Mask({})
    known: Json = {"workflow": "flow", "version": "1.0", "executor": None, "mask": lambda: mask, "layers": dict}
    service = Service(**(known | {"stats": Stats, "ready": lambda: True, "history": history} | fields))
    found: Json = orjson.loads(document(service, need))
    return found


def methods(path: Json) -> set[str]:
    return {method.upper() for method in path}


def test_the_routes_and_the_description_agree() -> None:
    paths = described(history=None, need=needed)["paths"]
    assert set(paths) == set(ROUTES) - ALIASES
    assert set(paths) - set(described(history=None)["paths"]) == {"/login", "/logout"}
    for path, operations in paths.items():
        taken = set(ROUTES[path]) or {"GET"}
        assert methods(operations) == taken - {"HEAD"}, path


def test_tokens_are_told_of_where_they_are_asked_for() -> None:
    whole = described(need=needed)
    taken = {
        (path, method): each.get("security")
        for path, operations in whole["paths"].items()
        for method, each in operations.items()
    }
    both: list[Json] = [{"token": []}, {"bearer": []}]
    assert taken["/runs/{id}/nodes/{node}/output", "get"] == taken["/run", "post"] == both
    assert taken["/health", "get"] is taken["/ready", "get"] is taken["/login", "post"] is None
    assert "scope `run`" in whole["paths"]["/runs/{id}/rerun"]["post"]["description"]
    assert {"401", "429"} < set(whole["paths"]["/runs"]["get"]["responses"])
    assert "securitySchemes" not in described()["components"]


def test_what_is_below_runs_and_the_description_agree() -> None:
    paths = described()["paths"]
    assert set(paths) - set(described(history=None)["paths"]) == set(RUNS)
    shapes = {path.replace("{id}", "X").replace("{node}", "X"): path for path in RUNS}
    assert set(shapes) == {f"/runs{path}" for path in ROUTES_BELOW_RUNS}
    for shape, path in shapes.items():
        assert methods(paths[path]) == set(methods_below_runs(shape) or ()) - {"HEAD"}, path


def test_head_is_taken_where_the_description_says() -> None:
    for path, operations in described()["paths"].items():
        taken = ROUTES.get(path, methods_below_runs(path.replace("{id}", "X").replace("{node}", "X")))
        has_head = "get" in operations and path != "/run" and not path.endswith("/events")
        assert not taken or ("HEAD" in taken) is has_head, path


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    whole = described(need=needed, input_schema={"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}})

    def look(part: Any) -> None:
        for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
            if key == "$ref":
                found = whole
                for step in value.removeprefix("#/").split("/"):
                    found = found[step]
            if key == "schema":
                Draft202012Validator(value | {"components": whole["components"]})
            look(value)

    look(whole)
    for name, schema in whole["components"]["schemas"].items():
        assert validator_for({**schema, "components": whole["components"]}) is not None, name


def test_an_engine_starts_without_it() -> None:
    code = "import sys, pipedreamer.engine.server; print('pipedreamer.engine.openapi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_names_of_operations_are_their_own() -> None:
    names = [each["operationId"] for path in described()["paths"].values() for each in path.values()]
    assert len(names) == len(set(names))


def test_it_tells_of_this_workflow() -> None:
    about = {"description": "Takes orders.", "nodes": [{"id": "check"}, {"id": "book"}]}
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"$ref": "#/$defs/n"}},
        "$defs": {"n": {"const": 1}},
    }
    whole = described(workflow="orders", version="2.1", about=about, input_schema=schema)
    assert (whole["openapi"][:3], whole["info"]["title"], whole["info"]["version"]) == ("3.1", "orders", "2.1")
    assert whole["info"]["description"].startswith("Takes orders.\n\n")
    body = whole["paths"]["/run"]["post"]["requestBody"]
    assert body["required"]
    assert body["content"]["application/json"]["schema"] == {"$ref": INPUT}
    given = whole["components"]["schemas"]["Input"]
    assert given["properties"]["n"] == {"$ref": f"{INPUT}_n"}
    again = whole["components"]["schemas"]["Rerun"]["properties"]
    assert (again["input"], again["from"]["anyOf"][0]["items"]) == ({"$ref": INPUT}, {"enum": ["check", "book"]})


@pytest.mark.parametrize("schema", [None, True, {}, {"type": "object"}])
def test_where_any_input_will_do_no_body_must_come(schema: Any) -> None:
    whole = described(input_schema=schema)
    assert whole["paths"]["/run"]["post"]["requestBody"]["required"] is False
    assert whole["components"]["schemas"]["Input"] == (True if schema is None else schema)
