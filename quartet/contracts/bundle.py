"""JSON Schemas of several events in one document, with references inside it, as AsyncAPI wants them.

AsyncAPI's own schemas are those of draft 07 and a little more. What our schemas (2020-12) use means the same there,
except for lists of fixed length and for what is beside a reference.
"""

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

PREFIX: Final = "#/components/schemas/"
_PART: Final = "#/$defs/"
_NAMES_NOTHING: Final = frozenset({"$schema", "$id", "$defs"})


class Bundle:
    """Schemas under names of their own. Parts that several of them have alike are there once."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def add(self, name: str, schema: Mapping[str, Any]) -> Schema:
        """Add a schema with its parts. It may also refer to what is in the bundle. Returns a reference to it."""
        parts: Mapping[str, Schema] = schema.get("$defs", {})
        names = {part: part for part in parts}
        for part in parts:
            if self.schemas.get(part, self._moved(parts[part], names)) != self._moved(parts[part], names):
                names[part] = f"{name}.{part}"
        for part, content in parts.items():
            self.schemas[names[part]] = self._moved(content, names)
        self.schemas[name] = self._moved(schema, names)
        return {"$ref": PREFIX + name}

    def _moved(self, schema: Mapping[str, Any], names: Mapping[str, str]) -> Schema:
        moved = {key: self._value(value, names) for key, value in schema.items() if key not in _NAMES_NOTHING}
        reference = moved.pop("$ref", None)
        if "prefixItems" in moved:
            moved["additionalItems"] = moved.pop("items", True)
            moved["items"] = moved.pop("prefixItems")
        if reference is None:
            return moved
        known = names.get(reference.removeprefix(_PART))
        target = {"$ref": reference if known is None else PREFIX + known}
        # Beside a reference, draft 07 reads nothing.
        return {**moved, "allOf": [target, *moved.get("allOf", [])]} if moved else target

    def _value(self, value: object, names: Mapping[str, str]) -> Any:  # noqa: ANN401 -- any JSON
        if isinstance(value, Mapping):
            return self._moved(value, names)
        return [self._value(one, names) for one in value] if isinstance(value, list) else value
