"""Orders that say the same in each version, and their events."""

from decimal import Decimal

from examples.versions.events import Book, OrderCreated, OrderCreatedV2, OrderCreatedV3, OrderEvent

PRICE = Decimal("18.50")
BOOKS = (Book(title="Notes", copies=1),)
SAME: tuple[OrderEvent, ...] = (
    OrderCreated(order_id="o-1", customer="Ada", title="Notes", price=PRICE),
    OrderCreatedV2(order_id="o-1", customer="Ada", title="Notes", currency="EUR", price=PRICE),
    OrderCreatedV3(order_id="o-1", customer="Ada", books=BOOKS, currency="EUR", total=PRICE),
)
OTHER: tuple[OrderEvent, ...] = (
    OrderCreated(order_id="o-1", customer="Ada", title="Sketches", price=PRICE),
    OrderCreatedV2(order_id="o-1", customer="Ada", title="Notes", currency="CHF", price=PRICE),
    OrderCreatedV3(order_id="o-1", customer="Ada", books=BOOKS * 2, currency="EUR", total=PRICE),
)
