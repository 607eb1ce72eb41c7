"""The JSON Schema for a workflow's input: whether it is one. Nothing it refers to is ever fetched."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pipedreamer.spec.findings import Findings
from pipedreamer.spec.json_value import to_json
from pipedreamer.spec.kind import At, Schema, Shaped
from pipedreamer.spec.tree import Mapping, descend
from pipedreamer.spec.wording import below, shown

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DIALECTS: Final = ("https://json-schema.org/draft/", "http://json-schema.org/draft-")
_REFERENCES: Final = ("$ref", "$dynamicRef")
_SAID_AT_MOST: Final = 200


# The vocabularies of JSON Schema 2020-12; a mapping with none of these words accepts everything.
_VOCABULARY: Final = """
$schema $id $ref $dynamicRef $defs $comment allOf anyOf oneOf not if then else dependentSchemas prefixItems items
contains properties patternProperties additionalProperties propertyNames unevaluatedItems unevaluatedProperties
type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems
minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired title
description default deprecated readOnly writeOnly examples format definitions contentEncoding
"""
_KEYWORDS: Final = frozenset(_VOCABULARY.split())


class SchemaFault(NamedTuple):
    """What is wrong with a JSON Schema, and at which path in it."""

    path: tuple[str | int, ...]
    message: str
    suggestion: str = ""


def schema_faults(schema: Any) -> tuple[SchemaFault, ...]:
    """Why a JSON value is no usable JSON Schema (2020-12, or what its `$schema` names); empty where it is one."""
    import jsonschema_rs  # only a workflow that has an input schema needs it

    dialect = schema.get("$schema", _DIALECT) if isinstance(schema, dict) else _DIALECT
    if not isinstance(dialect, str) or not dialect.startswith(_DIALECTS):
        return (SchemaFault(("$schema",), "is no known dialect of JSON Schema", f"write {_DIALECT}"),)
    try:
        wrong = {
            tuple(error.instance_path): SchemaFault(tuple(error.instance_path), _said(error.message))
            for error in jsonschema_rs.iter_errors({"$ref": dialect}, schema, offline=True)
        }
        if not wrong:
            jsonschema_rs.validator_for(schema, offline=True)
    except jsonschema_rs.ValidationError as error:
        return _unresolved(schema, error.message) or (SchemaFault(tuple(error.instance_path), _said(error.message)),)
    except ValueError as error:
        return (SchemaFault((), _said(str(error))),)
    return tuple(wrong.values())


def _said(message: str) -> str:
    line = " ".join(message.split())
    return f"is no JSON Schema: {line if len(line) <= _SAID_AT_MOST else line[:_SAID_AT_MOST] + '...'}"


def _unresolved(schema: Any, message: str) -> tuple[SchemaFault, ...]:
    """The references that lead out of the schema, or else the one that the validator complains of."""
    references = _references(schema, ())
    outside = tuple(
        SchemaFault(path, f"refers to {shown(target)}, which is never fetched", "copy it below $defs")
        for path, target in references
        if not target.startswith("#")
    )
    inside = tuple(
        SchemaFault(path, f"refers to {shown(target)}, which is not in the schema", "for example #/$defs/item")
        for path, target in references
        if len(target) > 1 and f"'{target[1:]}'" in message
    )
    return outside or inside


def _references(value: Any, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict):
        here = [((*path, key), value[key]) for key in _REFERENCES if isinstance(value.get(key), str)]
        return here + [found for key, item in value.items() for found in _references(item, (*path, key))]
    if isinstance(value, list):
        return [found for at, item in enumerate(value) for found in _references(item, (*path, at))]
    return []


@dataclass(frozen=True)
class InlineSchema(Shaped[Mapping]):
    """A JSON Schema, written out."""

    expects: str = "a JSON Schema"
    example: str = "{type: object, properties: {name: {type: string}}}"
    shape = Mapping

    def take(self, tree: Mapping, at: At, out: Findings) -> Any:
        checked = Findings("")
        value = to_json(tree, checked)
        if checked.has_errors:
            return to_json(tree, out)
        to_json(tree, out)  # for its warnings
        if value and not _KEYWORDS.intersection(value):
            out.warning(
                tree, f"{at.label} has no keyword of JSON Schema: it accepts everything", "begin with properties:"
            )
        for fault in schema_faults(value):
            out.error(descend(tree, fault.path), f"{_label(at.label, fault.path)} {fault.message}", fault.suggestion)
        return value

    def schema(self) -> Schema:
        return {"type": "object"}


def _label(label: str, path: tuple[str | int, ...]) -> str:
    for step in path:
        label = f"{label}[{step}]" if isinstance(step, int) else below(label, step)
    return label
