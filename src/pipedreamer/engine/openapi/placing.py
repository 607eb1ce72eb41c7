"""A JSON Schema that stood alone, as components of an OpenAPI document."""

import re
from collections.abc import Callable
from typing import Any, Final

from pipedreamer.engine.openapi.parts import Json

_REFERENCES: Final = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_VALUES: Final = frozenset({"const", "default", "enum", "examples"})
_NAMED: Final = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
"""Keywords whose value has names of its own, which are no keywords."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")
"""What a component may be called."""
_COMPONENTS: Final = "#/components/schemas/"

Moved = Callable[[str], str]


def placed(schema: Any, name: str) -> Json:
    """The schema as component `name`, and each of its definitions as one too: generators of clients look nowhere else.

    References to itself hold again; a schema with an `$id` is left alone, because its own hold everywhere.
    """
    if not isinstance(schema, dict) or "$id" in schema:
        return {name: schema}
    own = {
        f"#/{keyword}/{each}": f"{name}_{each}"
        for keyword in ("$defs", "definitions")
        for each in schema.get(keyword, ())
        if _PLAIN.fullmatch(each)
    }

    def moved(reference: str) -> str:
        start = "/".join(reference.split("/")[:3])
        if start in own:
            return f"{_COMPONENTS}{own[start]}{reference.removeprefix(start)}"
        is_within = reference == "#" or reference.startswith("#/")
        return f"{_COMPONENTS}{name}{reference[1:]}" if is_within else reference

    made = {name: _rewritten(schema, moved)}
    for place, component in own.items():
        _, keyword, each = place.split("/")
        made[component] = made[name][keyword].pop(each)
    return made


def _rewritten(schema: Any, moved: Moved) -> Any:
    if isinstance(schema, list):
        return [_rewritten(one, moved) for one in schema]
    if not isinstance(schema, dict) or "$id" in schema:
        return schema
    return {keyword: _keyword(keyword, value, moved) for keyword, value in schema.items()}


def _keyword(keyword: str, value: Any, moved: Moved) -> Any:
    if keyword in _VALUES:
        return value
    if keyword in _REFERENCES and isinstance(value, str):
        return moved(value)
    if keyword in _NAMED and isinstance(value, dict):
        return {name: _rewritten(one, moved) for name, one in value.items()}
    return _rewritten(value, moved)
