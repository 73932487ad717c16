"""What several events are made of: order lines, addresses, shortages."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import FailFast, Field, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

from quartet.events import HIGHEST_UNIT_PRICE, WHOLE, Part, Text, UnitPrice, in_minor_units, per_currency, schema_says
from shared.events.fields import Country, ProductId

MOST_LINES = 50
MOST_PIECES = 1_000_000
# What JSON numbers carry exactly everywhere.
_MOST_COUNTED = 2**53 - 1


class Line(Part):
    """A number of pieces of one product."""

    product_id: ProductId
    # All lines of an order may name one product, and are merged into one.
    quantity: Annotated[int, Field(strict=True, ge=1, le=MOST_PIECES * MOST_LINES), WHOLE]


class Item(Line):
    """A line of an order with its price. Several lines may name the same product, at different prices too."""

    quantity: Annotated[int, Field(strict=True, ge=1, le=MOST_PIECES), WHOLE]
    unit_price: UnitPrice


class Address(Part):
    """Where an order goes. Not every country has postal codes: that one may be empty."""

    recipient: Text
    street: Text
    city: Text
    postal_code: Annotated[str, Field(max_length=20)]
    country: Country


class Shortage(Part):
    """A product that was short. `available` is absent when it is not known."""

    product_id: ProductId
    requested: Annotated[int, Field(strict=True, ge=1, le=_MOST_COUNTED), WHOLE]
    available: Annotated[int, Field(strict=True, ge=0, le=_MOST_COUNTED), WHOLE] | None = None


# A list of a hundred thousand wrong entries is worth one complaint, not a hundred thousand.
Items = Annotated[tuple[Item, ...], Field(min_length=1, max_length=MOST_LINES), FailFast()]
Lines = Annotated[tuple[Line, ...], Field(min_length=1, max_length=MOST_LINES), FailFast()]
Shortages = Annotated[tuple[Shortage, ...], Field(max_length=MOST_LINES), FailFast()]


def quantities(lines: Iterable[Line]) -> dict[str, int]:
    """How many pieces of each product the lines ask for together, in order of first mention."""
    pieces: dict[str, int] = {}
    for line in lines:
        pieces[line.product_id] = pieces.get(line.product_id, 0) + line.quantity
    return pieces


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line per product, without prices."""
    return tuple(Line(product_id=product, quantity=pieces) for product, pieces in quantities(lines).items())


def total_of(items: Iterable[Item]) -> Decimal:
    """The exact total of the items."""
    return sum((item.quantity * item.unit_price for item in items), start=Decimal(0))


@schema_says(lambda field: per_currency(field, "[]", "unit_price"))
def fit_items(items: tuple[Item, ...], info: ValidationInfo) -> tuple[Item, ...]:
    """Validator of the items in a model that declares `currency` before them: prices in its minor units.

    Raises:
        ValidationError: If a price is too high or has more decimals than the currency; each names its line.
    """
    currency = info.data.get("currency")
    if currency is None:
        return items
    fitted: list[Item] = []
    problems: list[InitErrorDetails] = []
    for position, item in enumerate(items):
        try:
            price = _fit_price(item.unit_price, currency)
        except ValueError as error:
            problems.append(_price_problem(position, item.unit_price, error))
        else:
            fitted.append(item if price is item.unit_price else item.model_copy(update={"unit_price": price}))
    if problems:
        raise ValidationError.from_exception_data("items", problems)
    return tuple(fitted)


def _fit_price(price: Decimal, currency: str) -> Decimal:
    if price >= HIGHEST_UNIT_PRICE:
        raise ValueError(f"must be less than {HIGHEST_UNIT_PRICE:f}")
    return in_minor_units(price, currency)


def _price_problem(position: int, price: Decimal, error: ValueError) -> InitErrorDetails:
    context: dict[str, Any] = {"message": str(error)}
    return InitErrorDetails(
        type=PydanticCustomError("price", "{message}", context),
        loc=(position, "unit_price"),
        input=str(price),
    )
