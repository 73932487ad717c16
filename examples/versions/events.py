"""What is said about an order of the printing house. An order is a saga; its first event has three versions."""

from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from quartet import EventData, Part, Registry, SagaId, upcast
from quartet.events import OUTSIDE, WHOLE, Currency, Money, Text, fit_amount


class OrderEvent(EventData):
    """What every event has: the order that it is about."""

    order_id: SagaId


class OrderCreated(OrderEvent):
    """Version 1: one book. Every price was in euros, so no field said it."""

    type: ClassVar[str] = "OrderCreated.v1"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)
    customer: Text
    title: Text
    price: Money


class OrderCreatedV2(OrderEvent):
    """Version 2: the price has its currency."""

    type: ClassVar[str] = "OrderCreated.v2"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)
    customer: Text
    title: Text
    currency: Currency
    price: Money
    _fit_price = field_validator("price")(fit_amount)


class Book(Part):
    """A line of an order."""

    title: Text
    copies: Annotated[int, Field(strict=True, ge=1, le=10_000), WHOLE]


class OrderCreatedV3(OrderEvent):
    """Version 3: several books."""

    type: ClassVar[str] = "OrderCreated.v3"
    said_by: ClassVar[tuple[str, ...]] = (OUTSIDE,)
    customer: Text
    books: Annotated[tuple[Book, ...], Field(min_length=1, max_length=20)]
    currency: Currency
    total: Money
    _fit_total = field_validator("total")(fit_amount)


class OrderPrinted(OrderEvent):
    """Version 1 of the end: the order is printed."""

    type: ClassVar[str] = "OrderPrinted.v1"
    said_by: ClassVar[tuple[str, ...]] = ("printer",)


class OrderPrintedV2(OrderEvent):
    """Version 2 of the end says how many copies were printed."""

    type: ClassVar[str] = "OrderPrinted.v2"
    said_by: ClassVar[tuple[str, ...]] = ("printer",)
    copies: Annotated[int, Field(strict=True, ge=1), WHOLE]


def with_currency(old: OrderCreated) -> OrderCreatedV2:
    """Version 1 meant euros. A price with a part of a cent has no version 2: the order is a dead letter."""
    return OrderCreatedV2(
        order_id=old.order_id, customer=old.customer, title=old.title, currency="EUR", price=old.price
    )


def without_currency(new: OrderCreatedV2) -> OrderCreated | None:
    """Version 1 could say a price in euros."""
    if new.currency != "EUR":
        return None
    return OrderCreated(order_id=new.order_id, customer=new.customer, title=new.title, price=new.price)


def as_list(old: OrderCreatedV2) -> OrderCreatedV3:
    """Version 2 was an order of one copy of one book."""
    return OrderCreatedV3(
        order_id=old.order_id,
        customer=old.customer,
        books=(Book(title=old.title, copies=1),),
        currency=old.currency,
        total=old.price,
    )


def as_one(new: OrderCreatedV3) -> OrderCreatedV2 | None:
    """Version 2 could say an order of one copy of one book."""
    if len(new.books) > 1 or new.books[0].copies > 1:
        return None
    title = new.books[0].title
    return OrderCreatedV2(
        order_id=new.order_id, customer=new.customer, title=title, currency=new.currency, price=new.total
    )


def one_copy(old: OrderPrinted) -> OrderPrintedV2:
    """All orders had one copy."""
    return OrderPrintedV2(order_id=old.order_id, copies=1)


EVENTS = Registry(
    *(OrderCreated, OrderCreatedV2, OrderCreatedV3, OrderPrinted, OrderPrintedV2),
    upcasts=(
        upcast(OrderCreated, OrderCreatedV2, with_currency, back=without_currency),
        upcast(OrderCreatedV2, OrderCreatedV3, as_list, back=as_one),
        upcast(OrderPrinted, OrderPrintedV2, one_copy),
    ),
)
