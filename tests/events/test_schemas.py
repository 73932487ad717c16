"""The JSON Schemas say what the models say, as far as JSON Schema can."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from shared.events import REGISTRY, EventData, json_schemas, new_event, to_json
from tests.events.json_schema import follows
from tests.events.samples import SAMPLES, changed, orders, without

SCHEMAS = json_schemas()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


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
    assert follows(data.to_json(), schemas["data"], schemas["data"])

    event = to_json(new_event(data, source="/pequod", time=NOON))
    assert follows(event, schemas["event"], schemas["event"])
    for name in ("id", "source", "subject", "time", "type", "specversion", "data"):
        incomplete = {key: value for key, value in event.items() if key != name}
        assert not follows(incomplete, schemas["event"], schemas["event"])
    assert not follows(event | {"type": "OrderEaten.v1"}, schemas["event"], schemas["event"])


@given(orders())
def test_any_order_follows_the_schema(order: dict[str, Any]) -> None:
    schema = SCHEMAS["OrderCreated.v1"]["data"]
    assert follows(order, schema, schema)


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
        changed("items.0.unit_price", 19.9),
        changed("items.0.unit_price", "-1"),
        changed("items.1.product_id", "/etc/passwd"),
        changed("shipping_address.country", "UK"),
        changed("payment_method", ""),
    ],
)
def test_what_the_model_refuses_the_schema_refuses(order: dict[str, Any]) -> None:
    schema = SCHEMAS["OrderCreated.v1"]["data"]
    assert not follows(order, schema, schema)
