"""What customers and strangers send: orders of every kind, in every form in which an event may come, and garbage.

Orders are made by chance from the limits of the contract, not from the services' models: what is valid is stated here.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeAlias

from quartet.testing.cluster.plan.publication import CLOUDEVENTS
from tests.simulation.saga import DECIMALS, same_lines

Json: TypeAlias = dict[str, Any]
Wire: TypeAlias = tuple[bytes, str | None, Mapping[str, object]]
"""A message: its body, its content type, its application properties."""

PRICES: Final = {"lamp": "24.5", "teacup": "3.1", "kettle": "39", "spoon": "1.25", "tray": "12", "unicorn": "999.99"}
# `Lamp` is another product than `lamp`. Nobody has ever stocked a griffin.
_OTHERS: Final = ("Lamp", "griffin")
_SOURCES: Final = ("/shop", "/shop/paris", "urn:shop:2", "https://shop.example/orders?lang=fr")
_TEXTS: Final = ("Jane Marple", "Ⅳ Žofie 🐈", 'O\'Brien "x" <b>', "مرحبا", "a", "Danemead,\tHigh Street"[:8])


def order_data(random: Random, order_id: str) -> Json:
    """A valid order, as somebody would write it."""
    currency = random.choices(("GBP", *DECIMALS), (60, *([5] * len(DECIMALS))))[0]
    data: Json = {
        "order_id": order_id,
        "customer_id": random.choice(("jane", "JANE", "Ⅳ 🐈")),
        "currency": currency,
        "items": items(random, currency),
        "payment_method": random.choices(
            ("tok_visa", "tok_declined", "tok_flaky", "tok_refund_fails"), (70, 10, 12, 8)
        )[0],
        "shipping_address": {
            "recipient": random.choice(_TEXTS),
            "street": random.choice(_TEXTS),
            "city": "St Mary Mead",
            "postal_code": random.choice(("SM1 1MM", "")),
            "country": "AQ" if random.random() < 0.15 else random.choice(("GB", "JP", "KW")),
        },
    }
    if random.random() < 0.1:
        data["shop"] = {"not": ["known", None, 1.5, True]}
    return data


def items(random: Random, currency: str) -> list[Json]:
    """Lines of an order; a product may come twice, at different prices."""
    names = random.sample(sorted(PRICES), random.choice((1, 1, 2, 3)))
    if random.random() < 0.15:
        names.append(random.choice(names))
    if random.random() < 0.05:
        names.append(random.choice(_OTHERS))
    return [
        {"product_id": name, "quantity": random.randint(1, 3), "unit_price": _price(random, name, currency)}
        for name in names
    ]


def _price(random: Random, name: str, currency: str) -> str:
    """A price as its currency has it, with all its decimals or without those at the end that say nothing."""
    if random.random() < 0.03:
        return "0"
    amount = Decimal(PRICES.get(name, "5")) * random.choice((1, 1, 1, Decimal("1.2"), 3))
    exact = amount.quantize(Decimal(1).scaleb(-DECIMALS[currency]))
    short = f"{exact.normalize():f}"
    return random.choice((f"{exact:f}", short))


def is_same_order(some: Json, other: Json) -> bool:
    """Whether two orders ask for the same. `1.5` and `1.50` are one price."""
    return same_lines(some["items"], other["items"]) and some | {"items": ()} == other | {"items": ()}


def source(random: Random) -> str:
    """Who says it."""
    return random.choice(_SOURCES)


def cloud_event(kind: str, data: Json, *, source: str, event_id: str, time: str) -> Json:
    """An event with its envelope."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "subject": data["order_id"],
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }


def wire(random: Random, event: Json) -> Wire:
    """One of the forms in which an event may come."""
    return random.choices((_structured, _bare, _misleading, _binary, _binary_bytes), (60, 10, 10, 10, 10))[0](event)


def structured(event: Json) -> Wire:
    """The form in which the services write."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(), CLOUDEVENTS, {}


def _structured(event: Json) -> Wire:
    return json.dumps(event).encode(), "application/cloudevents+json; charset=utf-8", {"Diagnostic-Id": "00-1"}


def _bare(event: Json) -> Wire:
    """Without a content type: the body says what it is."""
    return json.dumps(event, indent=2).encode(), None, {}


def _misleading(event: Json) -> Wire:
    """In structured mode the body counts, whatever the properties say."""
    others: dict[Any, object] = {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:type": "OrderShipped.v1",
        "cloudEvents:id": "another",
        b"cloudEvents:subject": b"another",
    }
    return json.dumps(event).encode(), CLOUDEVENTS, others


def _binary(event: Json) -> Wire:
    attributes = {f"cloudEvents:{name}": value for name, value in event.items() if name != "data"}
    return json.dumps(event["data"]).encode(), "application/json", attributes | {"priority": 7}


def _binary_bytes(event: Json) -> Wire:
    """As the SDK hands over what another one has sent: names and values as bytes."""
    attributes: dict[Any, object] = {
        f"cloudEvents_{name}".encode(): value.encode() for name, value in event.items() if name != "data"
    }
    return json.dumps(event["data"]).encode(), "application/json", attributes
