"""Where tokens are asked for: which operations take one, and how it is shown."""

from collections.abc import Callable
from typing import Final

from pipedreamer.engine.access.rules import Need
from pipedreamer.engine.openapi.parts import Json, answer, error_name, header, operation

NeedOf = Callable[[str, str], Need]
"""What a method at a path takes."""

_SCHEMES: Final[Json] = {
    "token": {"type": "apiKey", "in": "header", "name": "Pipedreamer-Token"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
_ERRORS: Final[Json] = {
    "401": answer(
        "There is no token, or none that the engine knows.", "Error", WWW_Authenticate=header("", {"type": "string"})
    ),
    "429": answer(
        "Too many unknown tokens came in.", "Error", Retry_After=header("", {"type": "integer", "minimum": 0})
    ),
}
_FORM: Final[Json] = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": {"token": {"type": "string"}, "next": {"type": "string"}}}
        }
    },
}
_THERE: Final[Json] = {"303": {"description": "The page, or the form.", "headers": {"Location": header("Where.", {})}}}
_PAGES: Final[Json] = {
    "/login": {
        "get": operation("loginForm", "The page's login", {"200": answer("The form.", {}, "text/html")}),
        "post": operation("login", "Log in a browser", _THERE, (401, 413, 429), requestBody=_FORM),
    },
    "/logout": {"post": operation("logout", "End a login", _THERE, (413,))},
}


def guarded(document: Json, need: NeedOf) -> Json:
    """The document with tokens in it."""
    paths = {path: _path(path, operations, need) for path, operations in (document["paths"] | _PAGES).items()}
    components = document["components"]
    errors = {error_name(int(status)): each for status, each in _ERRORS.items()}
    responses = components["responses"] | errors
    return document | {
        "paths": paths,
        "components": components | {"responses": responses, "securitySchemes": _SCHEMES},
    }


def _path(path: str, operations: Json, need: NeedOf) -> Json:
    shape = path.replace("{id}", "X").replace("{node}", "X")
    return {
        method: _asking(each, scope) if (scope := need(method.upper(), shape)) != "nothing" else each
        for method, each in operations.items()
    }


def _asking(each: Json, scope: str) -> Json:
    refused = {status: {"$ref": f"#/components/responses/{error_name(int(status))}"} for status in _ERRORS}
    text = f"{each.get('description', '')} Takes a token of the scope `{scope}`, or of a wider one.".strip()
    responses = dict(sorted((refused | each["responses"]).items()))
    return each | {"description": text, "responses": responses, "security": [{name: []} for name in _SCHEMES]}
