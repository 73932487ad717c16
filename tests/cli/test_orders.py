from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quartet.events import from_json
from quartet.terminal.files import Entry
from quartet.terminal.user_error import UserError
from services.operations.publish.orders import cancellation_event, read_events, wrap_events
from shared.events import REGISTRY

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "order_id": "ord-1",
    "customer_id": "clara",
    "currency": "EUR",
    "items": [{"product_id": "rosin", "quantity": 2, "unit_price": "8.90"}],
    "payment_method": "tok_visa",
    "shipping_address": {
        "recipient": "Clara Vogler",
        "street": "Lindenweg 14",
        "city": "Leipzig",
        "postal_code": "04107",
        "country": "DE",
    },
}


def entries(*values: object) -> list[Entry]:
    return [Entry(f"orders.jsonl, line {number}", value) for number, value in enumerate(values, 1)]


def test_an_order_becomes_a_readable_event_about_itself() -> None:
    (outgoing,) = read_events(entries(ORDER), NOON)
    event = from_json(outgoing.event, REGISTRY)
    assert (outgoing.saga_id, event.type, event.saga_id, event.time) == ("ord-1", "OrderCreated.v1", "ord-1", NOON)
    assert event.data.to_json() == ORDER


def test_ids_of_what_is_published_are_the_same_in_every_release() -> None:
    (order,) = read_events(entries(ORDER), NOON)
    assert order.event["id"] == "009d94e5-9dd9-5ac5-8ee5-b3e466d73999"
    assert cancellation_event("ord-1", "", NOON).event["id"] == "842c307b-3862-5577-843f-866de97595b8"


def test_the_same_order_published_later_is_the_same_event() -> None:
    (first,) = read_events(entries(ORDER), NOON)
    (again,) = read_events(entries(dict(reversed(ORDER.items()))), NOON + timedelta(days=1))
    assert again.event["id"] == first.event["id"]


def test_other_data_is_another_event() -> None:
    (first,) = read_events(entries(ORDER), NOON)
    (other,) = read_events(entries(ORDER | {"customer_id": "emil"}), NOON)
    assert other.event["id"] != first.event["id"]


def test_a_cloud_event_is_sent_as_it_stands() -> None:
    (outgoing,) = read_events(entries(ORDER), NOON)
    theirs = outgoing.event | {"id": "web-shop-1", "source": "/web-shop"}
    assert read_events(entries(theirs), NOON)[0].event == theirs


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (ORDER | {"items": [ORDER["items"][0] | {"quantity": 0}]}, "items.0.quantity: must be at least 1"),
        (ORDER | {"currency": "EURO"}, "currency: must be an ISO 4217 currency code"),
        ({name: value for name, value in ORDER.items() if name != "customer_id"}, "customer_id: is missing"),
        (["ord-1"], "must be a JSON object"),
        ({"specversion": "1.0"}, "subject: is missing"),
    ],
)
def test_a_wrong_order_is_reported_with_its_line_and_field(value: object, says: str) -> None:
    with pytest.raises(UserError) as caught:
        read_events(entries(ORDER, value), NOON)
    assert str(caught.value).startswith(f"orders.jsonl, line 2: {says}")
    assert str(caught.value).endswith("Nothing was published")


def test_further_wrong_orders_are_counted() -> None:
    with pytest.raises(UserError, match=r"line 1: .*2 more entries are wrong"):
        read_events(entries({}, ORDER, 1, "x"), NOON)


def test_without_validation_a_wrong_order_travels_under_its_own_id() -> None:
    (outgoing,) = wrap_events(entries(ORDER | {"currency": "EURO"}), NOON)
    assert outgoing.saga_id == outgoing.event["subject"] == "ord-1"
    assert outgoing.event["data"]["currency"] == "EURO"


@pytest.mark.parametrize("order_id", [None, 7, "not an id", "x" * 65])
def test_without_validation_an_order_without_an_id_travels_too(order_id: object) -> None:
    (outgoing,) = wrap_events(entries(ORDER | {"order_id": order_id}), NOON)
    assert outgoing.event["subject"] == "unknown"
    assert outgoing.event["data"]["order_id"] == order_id


def test_a_value_that_is_not_an_object_cannot_be_sent_in_an_event() -> None:
    with pytest.raises(UserError, match="line 1: must be a JSON object"):
        wrap_events(entries("ord-1"), NOON)


def test_asking_again_for_a_cancellation_is_the_same_request() -> None:
    first = cancellation_event("ord-1", "changed my mind", NOON)
    again = cancellation_event("ord-1", "", NOON + timedelta(hours=1))
    other = cancellation_event("ord-2", "changed my mind", NOON)
    assert first.event["id"] == again.event["id"] != other.event["id"]
    assert from_json(first.event, REGISTRY).data.to_json() == {
        "order_id": "ord-1",
        "reason": "customer",
        "detail": "changed my mind",
    }


def test_only_an_order_id_can_be_cancelled() -> None:
    with pytest.raises(UserError, match="order_id: must be 1 to 64"):
        cancellation_event("ord 1", "", NOON)
