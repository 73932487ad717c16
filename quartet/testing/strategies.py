"""Hypothesis strategies for events. Only this module needs Hypothesis: `pip install 'quartet[testing]'`."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from quartet.events import MINOR_UNITS, EventData, format_time
from quartet.extras import missing

try:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise missing("hypothesis", "testing") from error

D = TypeVar("D", bound=EventData)
T = TypeVar("T")

_MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(8999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- they get it
_COMMON = ("EUR", "USD", "JPY", "KWD")
_MONEY = st.decimals(Decimal(0), Decimal(10**9), places=0).map(lambda amount: format(amount, "f"))
_SPECIAL = {"currency": st.sampled_from(_COMMON) | st.sampled_from(sorted(MINOR_UNITS))}


def events_of(model: type[D], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[D]:
    """Valid data of this event. Amounts are whole, so that they fit every currency.

    Fields for which a strategy is given take that one. A model that checks several fields together may refuse some of
    what is drawn: give strategies for those.
    """
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    drawn = _object(schema, definitions, fields)
    return drawn.map(lambda data: _valid(model, data)).filter(lambda event: event is not None)  # type: ignore[return-value]  # None is filtered out


def draw(strategy: st.SearchStrategy[T], number: int) -> T:
    """One value, the same one for the same number."""
    found: list[T] = []

    @seed(number)
    @settings(
        max_examples=5, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(strategy)
    def take(value: T) -> None:
        found.append(value)

    take()
    return found[-1]


def _valid(model: type[D], data: dict[str, Any]) -> D | None:
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def _object(
    schema: dict[str, Any], definitions: dict[str, Any], given_: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    needed: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    known = _SPECIAL | given_
    for name, part in schema.get("properties", {}).items():
        strategy = known[name] if name in known else _value(part, definitions)
        (needed if name in schema.get("required", ()) or name in given_ else optional)[name] = strategy
    return st.fixed_dictionaries(needed, optional=optional)


def _value(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: PLR0911 -- a case each
    if "$ref" in schema:
        return _value(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return st.one_of([_value(one, definitions) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    match schema.get("type"):
        case "object":
            return _object(schema, definitions, {})
        case "array":
            most = min(schema.get("maxItems", 3), max(3, schema.get("minItems", 0)))
            items = _value(schema.get("items", {}), definitions)
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=most)
        case "integer":
            return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))
        case "number":
            return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "string":
            return _text(schema)
        case kind:
            raise TypeError(f"there is no strategy for {kind or schema}: give one for its field")


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return _MOMENTS.map(format_time)
    pattern = schema.get("pattern")
    if pattern is not None and "decimal" in schema.get("description", ""):
        return _MONEY
    least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
    plain = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=least, max_size=min(most, 40))
    if pattern is None:
        return plain
    if "minLength" in schema:
        return plain.filter(lambda text: not text.isspace())
    return st.from_regex(pattern, fullmatch=True)
