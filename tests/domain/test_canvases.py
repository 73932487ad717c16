"""Each service's README says what it hears and says, and each state can be stored as JSON."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import TypeAdapter

from services.inventory import domain as inventory
from services.order import domain as order
from services.payment import domain as payment
from services.shipping import domain as shipping
from shared.events import REGISTRY, Item, Line, OrderCancellationRequested, OrderCreated
from tests.domain.shop import NOON, order_created
from tests.domain.world import SERVICES

TYPE = re.compile(r"`([A-Za-z]+\.v\d+)`")


def canvas(module: ModuleType) -> tuple[set[str], set[str]]:
    """The types in the first and in the last column of the README's first table."""
    assert module.__file__ is not None
    text = (Path(module.__file__).parent / "README.md").read_text()
    table = text.split("|---|---|---|\n")[1].split("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()]
    assert all(len(row) == 3 for row in rows), rows
    return {name for row in rows for name in TYPE.findall(row[0])}, {
        name for row in rows for name in TYPE.findall(row[2])
    }


@pytest.mark.parametrize("name", SERVICES)
def test_the_canvas_says_what_the_service_hears_and_says(name: str) -> None:
    module = SERVICES[name]
    hears, says = canvas(module)
    assert {data.type for data in module.HANDLERS} == hears
    assert {data.type for data in module.SAYS} == says


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_opens_and_gives_up_on_events_that_it_hears(name: str) -> None:
    module = SERVICES[name]
    assert set(module.GIVE_UP) <= set(module.HANDLERS)
    assert set(module.HANDLERS) >= module.OPENS


def test_every_event_is_said_by_somebody_and_heard_by_somebody_unless_it_is_an_end() -> None:
    said = {data for module in SERVICES.values() for data in module.SAYS}
    heard = {data for module in SERVICES.values() for data in module.HANDLERS}
    assert said == set(REGISTRY.models) - {OrderCreated}
    assert {data.type for data in set(REGISTRY.models) - heard} == {"OrderCompleted.v1", "OrderCancelled.v1"}
    assert OrderCancellationRequested in heard


LINE = Line(product_id="lamp", quantity=2)
STATES = [
    order.Order("o-1"),
    order.Order(
        "o-1",
        order.OrderStatus.PENDING,
        (order.Fact.PLACED,),
        (order.Entry("OrderCreated.v1", "evt-1", NOON, "67.60 GBP"),),
        customer_id="jane",
        currency="GBP",
        total=order_created().total,
        items=(Item(product_id="lamp", quantity=2, unit_price=order_created().items[0].unit_price),),
        placed_at=NOON,
        deadline=NOON,
        fingerprint=order_created().fingerprint(),
    ),
    inventory.Reservation("o-1", inventory.ReservationStatus.RESERVED, (LINE,)),
    payment.Payment("o-1", payment.PaymentStatus.CHARGED, payment.Charge("p-1", order_created().total, "GBP")),
    shipping.Shipment("o-1", shipping.ShipmentStatus.SHIPPED, shipping.Parcel("s-1", "T1", "Royal Snail"), True),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_a_state_comes_back_from_json_as_it_was(state: Any) -> None:  # noqa: ANN401 -- each service has its own
    adapter = TypeAdapter(type(state))
    stored = adapter.dump_python(state, mode="json")
    assert adapter.validate_python(stored) == state
    assert adapter.validate_json(adapter.dump_json(state)) == state
