"""Every decision of the shipping service, compared as a whole, and what its port was asked."""

from typing import Any

import pytest

from quartet.engine.declaration.outcome import Decided, Ignored
from services.shipping import carrier as carriers
from services.shipping.domain import Shipment, ShipmentStatus
from services.shipping.handlers import cancel_shipment, give_up_shipping, ship_order
from shared.events import (
    OrderCancellationRejected,
    ShippingFailed,
)
from tests.domain.saying import said
from tests.domain.scripted import Scripted
from tests.domain.whole_saga import ASKED, ID, ORDERED, PAID, PARCEL, PIECES, SHIPPED


async def test_parcel_is_on_its_way() -> None:
    carrier = Scripted(carriers.Booked("s-1", "t-1", "c-1"))
    outcome = await ship_order(said(PAID), None, carrier)
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL, announced=True)
    assert outcome == Decided(state, (SHIPPED,), "shipped")
    assert carrier.asked == [("book", f"shipment_{ID}", ID, ORDERED.shipping_address, PIECES)]


async def test_the_fallback_of_a_booking_that_was_made() -> None:
    carrier = Scripted(carriers.AlreadyBooked("s-1", "t-1", "c-1"))
    outcome = await give_up_shipping(said(PAID), None, carrier)
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL, announced=True)
    assert outcome == Decided(state, (SHIPPED,), "shipped")
    assert carrier.asked == [("void", f"shipment_{ID}", ID)]


@pytest.mark.parametrize("handler", [ship_order, give_up_shipping])
async def test_a_parcel_that_only_the_carrier_knew_of_is_announced(handler: Any) -> None:  # noqa: ANN401
    known = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL)
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL, announced=True)
    assert await handler(said(PAID), known, Scripted()) == Decided(state, (SHIPPED,), "shipped")
    assert await handler(said(PAID), state, Scripted()) == Ignored("already shipped")


NOT_SHIPPED = [
    (ship_order, carriers.NotServed("penguins"), "address_not_served", "penguins"),
    (ship_order, carriers.Voided(), "voided", ""),
    (give_up_shipping, carriers.Voided(), "carrier_unavailable", ""),
    (give_up_shipping, carriers.AlreadyRefused("penguins"), "address_not_served", "penguins"),
]


@pytest.mark.parametrize(("handler", "answer", "reason", "detail"), NOT_SHIPPED)
async def test_not_shipped(handler: Any, answer: object, reason: str, detail: str) -> None:  # noqa: ANN401
    failed = ShippingFailed(order_id=ID, reason=reason, detail=detail)
    outcome = await handler(said(PAID), None, Scripted(answer))
    assert outcome == Decided(Shipment(ID, ShipmentStatus.FAILED, reason=reason), (failed,), reason)


async def test_cancelled() -> None:
    carrier = Scripted(carriers.Voided())
    failed = ShippingFailed(order_id=ID, reason="cancelled", detail="it was the butler")
    outcome = await cancel_shipment(said(ASKED), None, carrier)
    assert outcome == Decided(Shipment(ID, ShipmentStatus.CANCELLED, reason="cancelled"), (failed,), "cancelled")
    assert carrier.asked == [("void", f"shipment_{ID}", ID)]


async def test_cancelled_after_the_carrier_has_refused() -> None:
    failed = ShippingFailed(order_id=ID, reason="address_not_served", detail="penguins")
    outcome = await cancel_shipment(said(ASKED), None, Scripted(carriers.AlreadyRefused("penguins")))
    state = Shipment(ID, ShipmentStatus.FAILED, reason="address_not_served")
    assert outcome == Decided(state, (failed,), "address_not_served")


async def test_too_late_to_cancel() -> None:
    rejected = OrderCancellationRejected(order_id=ID, reason="already_shipped")
    state = Shipment(ID, ShipmentStatus.SHIPPED, PARCEL)
    outcome = await cancel_shipment(said(ASKED), None, Scripted(carriers.AlreadyBooked("s-1", "t-1", "c-1")))
    assert outcome == Decided(state, (rejected,), "too late to cancel")
    assert await cancel_shipment(said(ASKED), state, Scripted()) == outcome
