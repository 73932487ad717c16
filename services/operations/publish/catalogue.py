"""The catalogue: which products there are, how many of each, and at what price."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from quartet.events import Currency, Money, Text, explain
from quartet.terminal.files import Entry, read_entries
from quartet.terminal.user_error import UserError
from shared.events import Item
from shared.events.fields import ProductId

MOST_PIECES = 1_000_000_000


class Product(BaseModel):
    """An entry of the catalogue. Price and currency are what generated orders use; the services do not know them."""

    # A misspelt optional field would be lost without a word.
    model_config = ConfigDict(frozen=True, extra="forbid")

    product_id: ProductId
    name: Text
    quantity: Annotated[int, Field(strict=True, ge=0, le=MOST_PIECES)]
    currency: Currency = "EUR"
    unit_price: Money = Decimal("9.90")

    def item(self, quantity: int) -> Item:
        """An order's line of this product."""
        return Item(product_id=self.product_id, quantity=quantity, unit_price=self.unit_price)


_PRODUCT = TypeAdapter(Product)


def read_catalogue(path: Path) -> list[Product]:
    """The products in a file: a JSON list of `{product_id, name, quantity, unit_price?, currency?}`.

    Raises:
        UserError: it cannot be read, an entry is wrong (names entry and field), or a product is listed twice.
    """
    products = [_product(entry) for entry in read_entries(path)]
    _check_unique(path, products)
    return products


def _product(entry: Entry) -> Product:
    try:
        return _PRODUCT.validate_python(entry.value)
    except ValidationError as error:
        raise UserError(f"{entry.where}: {explain(error)}") from error


def _check_unique(path: Path, products: Sequence[Product]) -> None:
    seen: set[str] = set()
    for product in products:
        if product.product_id in seen:
            raise UserError(f"{path}: product_id {product.product_id} is listed twice: keep one of them")
        seen.add(product.product_id)
