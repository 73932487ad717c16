"""Messages that nobody can read, and who has to keep each: all who get it, or those who act on its type."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

from quartet.engine.declaration.hubs import Layout
from quartet.testing.cluster.plan.publication import CLOUDEVENTS
from tests.simulation.content import Json, Wire
from tests.simulation.saga import HEARS

ALL: Final = frozenset(HEARS)
_AUTHORS: Final = {"ShippingFailed.v1": "/services/shipping", "PaymentCompleted.v1": "/services/payment"}
Change: TypeAlias = Callable[[Json], object]


def garbage(random: Random, layout: Layout, event: Json) -> tuple[Wire, Json | None, frozenset[str]]:
    """A message that looks like this event more or less; the event that it is, as far as it is one; who keeps it."""
    event = json.loads(json.dumps(event)) | {"id": f"{event['id']}-garbage"}
    kind = random.choice(("bytes", "bytes", "envelope", "envelope", "data", "binary", "about"))
    match kind:
        case "bytes":
            return (random.choice(_BODIES)(json.dumps(event).encode()), random.choice(_TYPES), {}), None, ALL
        case "envelope":
            random.choice(_ENVELOPES)(event)
            return _sent(event), None, ALL
        case "data":
            random.choice(_DATA)(event["data"])
            return _sent(event), event, _hearers("OrderCreated.v1")
        case "about":
            name = random.choice(("ShippingFailed.v1", "PaymentCompleted.v1", "OrderCancellationRequested.v1"))
            event |= {"type": name, "data": random.choice(({"order_id": event["subject"]}, [], None, "data"))}
            if name in _AUTHORS:
                event |= {"source": random.choice((event["source"], _AUTHORS[name]))}
            # What its source may not say, or not on this hub, is kept by every service that receives it.
            is_refused = name in _AUTHORS and (layout != "one" or event["source"] != _AUTHORS[name])
            return _sent(event), event, ALL if is_refused else _hearers(name)
        case _:
            return (json.dumps(event["data"]).encode(), "application/json", random.choice(_PROPERTIES)), None, ALL


def _hearers(kind: str) -> frozenset[str]:
    return frozenset(service for service, kinds in HEARS.items() if kind in kinds)


def _sent(event: Json) -> Wire:
    return json.dumps(event).encode(), CLOUDEVENTS, {}


_TYPES: Final = (CLOUDEVENTS, "application/cloudevents+json; charset=utf-8", "application/json", None, "", "🐈/x")
_BODIES: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda _body: b"",
    lambda _body: b"\xff\x00 no json at all",
    lambda body: body[:-1],
    lambda body: body + b"}",
    lambda body: body.replace(b'"specversion"', b"specversion"),
    lambda body: b"[" + body + b"]",
    lambda body: json.dumps(body.decode()).encode(),
    lambda body: body.replace(b'"quantity": ', b'"quantity": NaN, "q": '),
    lambda _body: b"[" * 5_000,
    lambda _body: b"null",
    lambda _body: b"-0",
    lambda _body: b'{"a": 1e999999}',
    lambda body: body[:9] + b"\x00" + body[9:],
    lambda _body: bytes(range(256)) * 4,
)


def _with(**fields: object) -> Change:
    return lambda event: event.update(fields)


def _without(name: str) -> Change:
    return lambda event: event.pop(name)


_ENVELOPES: Final[tuple[Change, ...]] = (
    _with(type="OrderTeleported.v1"),
    _with(type="ordercreated.v1"),
    _with(type="OrderCreated.v99"),
    _with(type=7),
    _with(specversion="0.3"),
    _with(specversion=1.0),
    _without("id"),
    _with(id=""),
    _with(id="a\u0000b"),
    _with(id={"id": 1}),
    _without("source"),
    _with(source="x" * 100_000),
    _without("subject"),
    _with(subject="no such id!"),
    _with(subject="o" * 65),
    _with(datacontenttype="application/xml"),
)


def _line(**fields: object) -> Change:
    return lambda data: data["items"][0].update(fields)


_DATA: Final[tuple[Change, ...]] = (
    _with(items=[]),
    _with(items={}),
    _with(items=None),
    _with(items=[{"product_id": "lamp", "quantity": 1, "unit_price": "1"}] * 51),
    _without("currency"),
    _with(currency="gbp"),
    _with(currency="XXX"),
    _with(currency="JPY", items=[{"product_id": "lamp", "quantity": 1, "unit_price": "100.50"}]),
    _with(order_id="another"),
    _with(customer_id=""),
    _with(payment_method=None),
    _with(complete_by="tomorrow"),
    _with(shipping_address="here"),
    _line(quantity=0),
    _line(quantity=-1),
    _line(quantity="2"),
    _line(quantity=1.5),
    _line(quantity=10**30),
    _line(unit_price=12.5),
    _line(unit_price="12,50"),
    _line(unit_price="-1.00"),
    _line(unit_price="1e3"),
    _line(unit_price="1.00001"),
    _line(product_id=""),
)
_PROPERTIES: Final[tuple[Mapping[Any, Any], ...]] = (
    {},
    {"cloudEvents:specversion": "1.0"},
    {"cloudEvents:specversion": 1.0, "cloudEvents:id": 5},
    {b"cloudEvents:specversion": b"\xff\xfe"},
    {"cloudEvents:specversion": "1.0", "cloudEvents:id": UUID(int=7), "cloudEvents:source": {"a": [b"\x00"]}},
    {"cloudEvents:specversion": ["1.0"], b"\xff": b"\xff", "nested": {"a": [1, 2.5, None]}},
)
