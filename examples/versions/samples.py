"""One believable event of each version."""

from decimal import Decimal

from examples.versions.events import (
    Book,
    OrderCreated,
    OrderCreatedV2,
    OrderCreatedV3,
    OrderPrinted,
    OrderPrintedV2,
)

_ID = "print-1"

SAMPLES = (
    OrderCreatedV3(
        order_id=_ID,
        customer="Ada",
        books=(Book(title="Notes", copies=3), Book(title="Sketches", copies=1)),
        currency="GBP",
        total=Decimal("61.00"),
    ),
    OrderCreatedV2(order_id=_ID, customer="Ada", title="Notes", currency="EUR", price=Decimal("18.50")),
    OrderCreated(order_id=_ID, customer="Ada", title="Notes", price=Decimal("18.50")),
    OrderPrinted(order_id=_ID),
    OrderPrintedV2(order_id=_ID, copies=4),
)
