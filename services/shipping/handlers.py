"""The handlers of shipping."""

from typing import assert_never

from quartet import Ignored, Outcome
from quartet.events import Event
from services.shipping import domain
from services.shipping.carrier import (
    AlreadyBooked,
    AlreadyRefused,
    Booked,
    Carrier,
    NotServed,
    Voided,
    shipment_key,
)
from services.shipping.domain import Parcel, Shipment, ShipmentStatus
from shared.events import OrderCancellationRequested, PaymentCompleted, ShippingRefusal, quantities


async def ship_order(event: Event[PaymentCompleted], shipment: Shipment | None, carrier: Carrier) -> Outcome[Shipment]:
    """Ship a paid order, unless it was cancelled before."""
    paid = event.data
    if shipment is not None:
        return _ship_again(paid, shipment)
    answer = await carrier.book(
        shipment_key(paid.order_id), paid.order_id, paid.shipping_address, quantities(paid.items)
    )
    match answer:
        case Booked():
            return domain.shipped(paid, Parcel(answer.shipment_id, answer.tracking_number, answer.carrier))
        case NotServed():
            return domain.failed(paid.order_id, ShippingRefusal.ADDRESS_NOT_SERVED, answer.reason)
        case Voided():
            # The process that voided it has not recorded that yet, and may be dead: do not leave it to that process. If
            # they live, one of the two writes first, and either answer ends the saga.
            return domain.failed(paid.order_id, ShippingRefusal.VOIDED)
        case _:
            assert_never(answer)


def _ship_again(paid: PaymentCompleted, shipment: Shipment) -> Outcome[Shipment]:
    if shipment.parcel is not None and not shipment.announced:
        return domain.shipped(paid, shipment.parcel)
    return _already(shipment)


async def cancel_shipment(
    event: Event[OrderCancellationRequested], shipment: Shipment | None, carrier: Carrier
) -> Outcome[Shipment]:
    """Decide: it has shipped, or it never will."""
    request = event.data
    if shipment is not None:
        return domain.too_late(shipment) if shipment.status is ShipmentStatus.SHIPPED else _already(shipment)
    answer = await carrier.void(shipment_key(request.order_id), request.order_id)
    match answer:
        case Voided():
            return domain.cancelled(request.order_id, request.reason, request.detail)
        case AlreadyBooked():
            # Another owner of the partition has booked, and its write is not here yet. It says OrderShipped.
            parcel = Parcel(answer.shipment_id, answer.tracking_number, answer.carrier)
            return domain.too_late(Shipment(request.order_id, ShipmentStatus.SHIPPED, parcel))
        case AlreadyRefused():
            return domain.failed(request.order_id, ShippingRefusal.ADDRESS_NOT_SERVED, answer.reason)
        case _:
            assert_never(answer)


async def give_up_shipping(
    event: Event[PaymentCompleted], shipment: Shipment | None, carrier: Carrier
) -> Outcome[Shipment]:
    """The carrier did not answer: void the key before the booking counts as a failure."""
    paid = event.data
    if shipment is not None:
        return _ship_again(paid, shipment)
    answer = await carrier.void(shipment_key(paid.order_id), paid.order_id)
    match answer:
        case Voided():
            return domain.failed(paid.order_id, ShippingRefusal.CARRIER_UNAVAILABLE)
        case AlreadyBooked():
            return domain.shipped(paid, Parcel(answer.shipment_id, answer.tracking_number, answer.carrier))
        case AlreadyRefused():
            return domain.failed(paid.order_id, ShippingRefusal.ADDRESS_NOT_SERVED, answer.reason)
        case _:
            assert_never(answer)


def _already(shipment: Shipment) -> Ignored:
    return Ignored(f"already {shipment.status.lower()}")
