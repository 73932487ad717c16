"""Schemas of several events in one document."""

from typing import Any

from quartet.contracts.bundle import Bundle

PART = {"type": "object", "properties": {"size": {"type": "integer"}}}


def with_part(part: dict[str, Any]) -> dict[str, Any]:
    reference = {"$ref": "#/$defs/Coat", "description": "the coat"}
    return {"$schema": "x", "$id": "y", "type": "object", "properties": {"coat": reference}, "$defs": {"Coat": part}}


def test_parts_that_are_alike_are_there_once_and_others_under_a_name_of_their_own() -> None:
    bundle = Bundle()
    assert bundle.add("A.v1", with_part(PART)) == {"$ref": "#/components/schemas/A.v1"}
    bundle.add("B.v1", with_part(PART))
    bundle.add("C.v1", with_part(PART | {"required": ["size"]}))
    assert list(bundle.schemas) == ["Coat", "A.v1", "B.v1", "C.v1.Coat", "C.v1"]
    beside = {"description": "the coat", "allOf": [{"$ref": "#/components/schemas/C.v1.Coat"}]}
    assert bundle.schemas["C.v1"] == {"type": "object", "properties": {"coat": beside}}


def test_a_list_of_fixed_length_is_one_in_draft_07() -> None:
    bundle = Bundle()
    bundle.add(
        "A.v1", {"type": "array", "prefixItems": [{"type": "string"}, {"$ref": "#/$defs/N"}], "$defs": {"N": {}}}
    )
    pair = [{"type": "string"}, {"$ref": "#/components/schemas/N"}]
    assert bundle.schemas["A.v1"] == {"type": "array", "items": pair, "additionalItems": True}
