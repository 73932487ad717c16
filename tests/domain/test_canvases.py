"""Each service's README says what it hears and says, and each state can be stored as JSON."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from quartet.engine.declaration.participant import Participant
from services.inventory import domain as inventory
from services.operations.participants import PARTICIPANTS
from services.order import domain as order
from services.payment import domain as payment
from services.shipping import domain as shipping
from shared.events import Item, Line
from tests.domain.shop import NOON, order_created

TYPE = re.compile(r"`([A-Za-z]+\.v\d+)`")


def canvas(name: str) -> tuple[set[str], set[str]]:
    """The types in the first and in the last column of the README's first table."""
    text = (Path(__file__).parents[2] / "services" / name / "README.md").read_text()
    table = text.split("|---|---|---|\n")[1].split("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()]
    assert all(len(row) == 3 for row in rows), rows
    return {name for row in rows for name in TYPE.findall(row[0])}, {
        name for row in rows for name in TYPE.findall(row[2])
    }


@pytest.mark.parametrize("participant", PARTICIPANTS, ids=lambda participant: participant.name)
def test_the_canvas_says_what_the_service_hears_and_says(participant: Participant[Any, Any]) -> None:
    assert canvas(participant.name) == (set(participant.hears), {data.type for data in participant.says})


@pytest.mark.parametrize(
    ("said", "silent"),
    [
        (inventory.SAID, {inventory.ReservationStatus.TOMBSTONE}),
        (payment.SAID, set()),
        (shipping.SAID, set()),
    ],
    ids=["inventory", "payment", "shipping"],
)
def test_what_each_status_has_said_is_known(said: dict[StrEnum, Any], silent: set[StrEnum]) -> None:
    assert set(type(next(iter(said)))) - set(said) == silent


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
