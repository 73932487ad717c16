"""The JSON Schemas say what the models say, as far as JSON Schema can."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from pydantic import ValidationError

from quartet.events import Envelope, Event, EventData, explain, json_schemas, new_event, open_envelope, to_json
from shared.events import REGISTRY, OrderCreated
from tests.events.samples import SAMPLES, changed, orders, without

SCHEMAS = json_schemas(REGISTRY.models)
EVENT = {
    "specversion": "1.0",
    "id": "evt-1",
    "source": "/pequod",
    "type": "PaymentVoided.v1",
    "subject": "ahab-1851",
    "time": "2026-03-01T12:00:00Z",
}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def validator(type_: str, kind: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[type_][kind], validate_formats=True)


def follows(instance: object, schema: Mapping[str, Any]) -> bool:
    _, _, kind, type_ = schema["$id"].split(":")
    return validator(type_, kind).is_valid(instance)


def test_every_event_has_both_schemas_and_a_sample() -> None:
    assert list(SCHEMAS) == list(REGISTRY) == [data.type for data in SAMPLES]
    for type_, schemas in SCHEMAS.items():
        assert {name: schema["$id"] for name, schema in schemas.items()} == {
            "data": f"urn:quartet:data:{type_}",
            "event": f"urn:quartet:event:{type_}",
        }
        assert json.loads(json.dumps(schemas)) == schemas


@pytest.mark.parametrize("data", SAMPLES, ids=lambda data: data.type)
def test_what_we_say_follows_its_schemas(data: EventData) -> None:
    schemas = SCHEMAS[data.type]
    assert follows(data.to_json(), schemas["data"])

    event = to_json(new_event(data, source="/pequod", time=NOON))
    assert follows(event, schemas["event"])
    for name in ("id", "source", "subject", "time", "type", "specversion", "data"):
        incomplete = {key: value for key, value in event.items() if key != name}
        assert not follows(incomplete, schemas["event"])
    assert not follows(event | {"type": "OrderEaten.v1"}, schemas["event"])


@given(orders())
def test_any_order_follows_the_schema(order: dict[str, Any]) -> None:
    schema = SCHEMAS["OrderCreated.v1"]["data"]
    assert follows(order, schema)


EVENTS: Mapping[str, dict[str, Any]] = {data.type: data.to_json() for data in SAMPLES}
NUMBERS: Sequence[object] = (
    *(0, 1, 2, -1, 2.0, 2.5, 1e2, 1e300, -0.0, 0.0, -1.0, 10**6, 1e6, 10**6 + 1, 5 * 10**7, 5e7 + 1, True, False),
    *(2**53 - 1, 2**53, float(2**53), 10**400, 5e-324, 1 + 2**-52),
)
TEXTS: Sequence[object] = (
    *("", " ", "\n", "\x1c", "\x85", "\u2003", "\u200b", "\ufeff", " x ", "a\n", "A", "é", "\x00", "~", "\x7f"),
    *("a" * length for length in (20, 21, 64, 65, 128, 129, 200, 201, 500, 501)),
    *("\U0001f40b" * 20, "\U0001f40b" * 21, "_a", "a_", "a.b", ".a", "a/b", "a:b", "2", "2.0"),
    *("EUR", "eur", "XAU", "JPY", "NO", "no", "UK", "refund", "REFUND", "release"),
    *("0", "00", "-0", "-1", "+1", "1.0", "1.00000", "1.0000", "1.", ".1", "1e2", "٣", "1\n", "Infinity", "NaN"),
    *("1" * digits for digits in (12, 13, 19)),
    *("1" * digits + ".1111" for digits in (12, 13, 20, 21)),
    *("2026-03-01T12:00:00Z", "2026-03-01t12:00:00.5z", "2026-03-01T12:00:00", "2026-03-01T12:00:00+01:00"),
    *("2026-03-01T24:00:00Z", "2026-02-30T12:00:00Z", "2026-03-01T12:00:00.1234567890Z", "2026-03-01T12:00:00+0100"),
)
OTHERS: Sequence[object] = (None, [], {}, [1], [None], {"a": 1}, [[]], "null")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    """The path of every value inside."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def replaced(data: dict[str, Any], path: Sequence[Any], value: object) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(data))
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def check_agreement(type_: str, data: dict[str, Any]) -> None:
    schema = SCHEMAS[type_]["data"]
    try:
        REGISTRY[type_].model_validate(data)
        problem = ""
    except ValidationError as error:
        problem = explain(error)
    assert follows(data, schema) == (not problem), problem or data


@pytest.mark.parametrize("type_", EVENTS)
def test_schema_and_model_say_the_same_about_every_field(type_: str) -> None:
    data = EVENTS[type_]
    check_agreement(type_, data)
    for path in places(data):
        for value in (*NUMBERS, *TEXTS, *OTHERS):
            check_agreement(type_, replaced(data, path, value))


@pytest.mark.parametrize("name", ["id", "source", "subject", "time", "correlationid", "causationid", "datacontenttype"])
def test_schema_and_envelope_say_the_same_about_every_attribute(name: str) -> None:
    data = EVENTS["PaymentVoided.v1"]
    schema = SCHEMAS["PaymentVoided.v1"]["event"]
    types = ("application/json", "text/json; charset=utf-8", "application/a+JSON", "application/xml", "json", "a/+json")
    for value in (*NUMBERS, *TEXTS, *OTHERS, *types, "ahab-1851", "x" * 256, "x" * 257):
        event = EVENT | {"data": data, name: value}
        envelope = open_envelope(event)
        read = envelope.read(REGISTRY) if isinstance(envelope, Envelope) else envelope
        # The schema cannot say that the subject is the order id of the data.
        is_read = isinstance(read, Event) or "must be the saga id, ahab-1851" in read.detail
        assert follows(event, schema) == is_read, event


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.data())
def test_schema_and_model_say_the_same_about_any_value_anywhere(draw: st.DataObject) -> None:
    type_ = draw.draw(st.sampled_from(sorted(EVENTS)))
    path = draw.draw(st.sampled_from(list(places(EVENTS[type_]))))
    check_agreement(type_, replaced(EVENTS[type_], path, draw.draw(ANY_JSON)))


@given(st.floats(-10, 2_000_000) | st.integers(-10, 2_000_000).map(float))
def test_a_whole_number_may_be_written_with_a_fraction_of_zero(quantity: float) -> None:
    data = replaced(EVENTS["OrderCreated.v1"], ("items", 0, "quantity"), quantity)
    check_agreement("OrderCreated.v1", data)
    if quantity.is_integer() and 1 <= quantity <= 1_000_000:
        order = OrderCreated.model_validate(data)
        same = OrderCreated.model_validate(replaced(data, ("items", 0, "quantity"), int(quantity)))
        assert isinstance(order.items[0].quantity, int)
        assert (order, order.fingerprint()) == (same, same.fingerprint())


@pytest.mark.parametrize(
    "order",
    [
        without("currency"),
        without("shipping_address.city"),
        changed("order_id", "moby dick"),
        changed("currency", "XAU"),
        changed("items", []),
        changed("items.0.quantity", 0),
        changed("items.0.quantity", "12"),
        changed("items.0.quantity", 2.5),
        changed("items.0.unit_price", 19.9),
        changed("items.0.unit_price", "-1"),
        changed("items.1.product_id", "/etc/passwd"),
        changed("shipping_address.country", "UK"),
        changed("payment_method", ""),
    ],
)
def test_the_schema_refuses_the_values_that_the_model_refuses(order: dict[str, Any]) -> None:
    schema = SCHEMAS["OrderCreated.v1"]["data"]
    assert not follows(order, schema)
