"""What models of events do that other models of pydantic do not: they agree with the JSON Schema that they publish.

- A number and a boolean are taken in the JSON type that the schema names: never `"12"` or `true` for 12.
- What a validator of a field wants, the schema can say, too: see `schema_says`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

F = TypeVar("F", bound=Callable[..., Any])
Conditions = list[dict[str, Any]]

_SAID: Final[dict[object, Callable[[str], Conditions]]] = {}
# What holds other schemas. Not `keys_schema`: the keys of an object are text in JSON.
_INSIDE: Final = ("schema", "items_schema", "values_schema", "choices", "fields", "steps", "definitions")


def schema_says(conditions: Callable[[str], Conditions]) -> Callable[[F], F]:
    """Decorator of a field's validator: what it wants, as schemas that the whole data must follow.

    Args:
        conditions: makes them from the name of the field. See `per_currency`.
    """

    def note(validator: F) -> F:
        _SAID[validator] = conditions
        return validator

    return note


def _nothing(_: str) -> Conditions:
    return []


def _validators(model: type[BaseModel]) -> list[tuple[str, object]]:
    found = model.__pydantic_decorators__.field_validators.values()
    return [(field, one.func) for one in found for field in one.info.fields]


def _with_types_of_json(schema: Any) -> Any:  # noqa: ANN401 -- a part of a core schema
    if isinstance(schema, list | tuple):
        return type(schema)(map(_with_types_of_json, schema))
    if not isinstance(schema, Mapping):
        return schema
    if "type" not in schema:  # the fields of a model, by name
        return {name: _with_types_of_json(one) for name, one in schema.items()}
    changed = {**schema, **{key: _with_types_of_json(schema[key]) for key in _INSIDE if key in schema}}
    if changed["type"] in {"float", "bool"}:
        return {"strict": True, **changed}
    if changed["type"] == "int" and not changed.get("strict"):
        return core_schema.no_info_before_validator_function(whole, {**changed, "strict": True})
    return changed


def whole(value: object) -> object:
    """A number with a fraction of zero is a whole number: JSON has one type for both."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class JsonModel(BaseModel):
    """Base of the models of events and of their parts."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401
        """As pydantic makes it, with the types of JSON."""
        schema: CoreSchema = _with_types_of_json(handler(source))
        return schema

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """As pydantic makes it, with what the validators of its fields say."""
        schema = handler(core)
        own = handler.resolve_ref_schema(schema)
        said = [one for field, validator in _validators(cls) for one in _SAID.get(validator, _nothing)(field)]
        if said:
            own["allOf"] = [*own.get("allOf", []), *said]
        return schema
