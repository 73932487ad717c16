"""Two JSON Schemas, compared in both directions."""

from typing import Any

import pytest

from quartet.contracts.finding import Breaks
from quartet.contracts.schema_changes import schema_changes

EVENTS, READERS = Breaks.OLD_EVENTS, Breaks.OLD_READERS


def tree(child: Any = None) -> dict[str, Any]:  # noqa: ANN401 -- a part of a schema
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
    }
    if child is not None:
        node["properties"]["name"] = child  # type: ignore[index]  # an object
    return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (tree(), tree(), []),
        (tree(), tree({"type": "integer"}), [("name", EVENTS), ("name", READERS)]),
        ({"type": "integer"}, {"type": "number"}, [("", READERS)]),
        ({"type": "number"}, {"type": "integer"}, [("", EVENTS)]),
        ({}, {"type": "integer"}, [("", EVENTS)]),
        ({"type": "integer"}, {}, [("", READERS)]),
        ({"type": ["string", "null"]}, {"type": "string"}, [("", EVENTS)]),
        ({"const": 1}, {"const": 2}, [("", EVENTS), ("", READERS)]),
        ({"enum": [1, 2]}, {"const": 1}, [("", EVENTS)]),
        ({"pattern": "^a"}, {"pattern": "^b"}, [("", Breaks.UNKNOWN)]),
        ({}, {"pattern": "^b"}, [("", EVENTS)]),
        ({"format": "date-time"}, {}, [("", READERS)]),
        ({"not": {"const": 1}}, {"not": {"const": 2}}, [("", Breaks.UNKNOWN)]),
        ({"exclusiveMinimum": 1}, {"exclusiveMinimum": 2}, [("", EVENTS)]),
        ({"exclusiveMaximum": 1}, {"exclusiveMaximum": 2}, [("", READERS)]),
        (
            {"prefixItems": [{"type": "string"}]},
            {"prefixItems": [{"type": "null"}]},
            [("[0]", EVENTS), ("[0]", READERS)],
        ),
        ({"prefixItems": [{}]}, {"prefixItems": [{}, {}]}, [("", Breaks.UNKNOWN)]),
        ({"items": True}, {"items": False}, [("[]", Breaks.UNKNOWN)]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "null"}, {"type": "string"}]}, []),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
            [("", EVENTS), ("", READERS)],
        ),
        (
            {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "maxLength": 4}, {"type": "null"}]},
            [("", EVENTS)],
        ),
    ],
)
def test_schemas_are_compared_in_both_directions(
    old: dict[str, Any], new: dict[str, Any], expected: list[tuple[str, Breaks]]
) -> None:
    assert [(one.path, one.breaks) for one in schema_changes(old, new)] == expected
