"""A workflow's input schema among the components of a description."""

from typing import Any

import pytest

from pipedreamer.engine.openapi.placing import placed

AT = "#/components/schemas/Input"


@pytest.mark.parametrize("keyword", ["$defs", "definitions"])
def test_definitions_become_components(keyword: str) -> None:
    schema = {
        "items": {"$ref": f"#/{keyword}/line"},
        "not": {"$ref": f"#/{keyword}/line/properties/next"},
        keyword: {"line": {"properties": {"next": {"$ref": f"#/{keyword}/line"}}}},
    }
    assert placed(schema, "Input") == {
        "Input": {"items": {"$ref": f"{AT}_line"}, "not": {"$ref": f"{AT}_line/properties/next"}, keyword: {}},
        "Input_line": {"properties": {"next": {"$ref": f"{AT}_line"}}},
    }
    assert schema["items"] == {"$ref": f"#/{keyword}/line"}


def test_what_looks_like_a_reference_and_is_none_stays() -> None:
    schema = {
        "properties": {"$ref": {"$ref": "#"}, "$id": {"$ref": "#/properties/far"}, "far": {"$ref": "#anchor"}},
        "patternProperties": {"default": {"$ref": "#"}},
        "allOf": [{"$ref": "#/$defs/a~1b"}, {"$ref": "#/$defs/none"}],
        "const": {"$ref": "#"},
        "enum": [{"$ref": "#"}],
        "$defs": {"a/b": True},
    }
    assert placed(schema, "Input")["Input"] == {
        "properties": {"$ref": {"$ref": AT}, "$id": {"$ref": f"{AT}/properties/far"}, "far": {"$ref": "#anchor"}},
        "patternProperties": {"default": {"$ref": AT}},
        "allOf": [{"$ref": f"{AT}/$defs/a~1b"}, {"$ref": f"{AT}/$defs/none"}],
        "const": {"$ref": "#"},
        "enum": [{"$ref": "#"}],
        "$defs": {"a/b": True},
    }


@pytest.mark.parametrize(
    "schema", [True, False, {"$id": "https://example.com/s", "items": {"$ref": "#/$defs/a"}, "$defs": {"a": True}}]
)
def test_a_schema_whose_references_hold_everywhere_stays_as_it_is(schema: Any) -> None:
    assert placed(schema, "Input") == {"Input": schema}
