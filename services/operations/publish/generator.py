"""Believable orders out of a catalogue, the same ones for the same seed."""

from collections.abc import Sequence
from random import Random
from typing import Final

from quartet.terminal.user_error import UserError
from services.operations.publish.catalogue import Product
from shared.events import Address, OrderCreated

GENERATED: Final = "gen-"
"""How the id of a generated order begins."""

MOST_KINDS: Final = 4
_MOST_PIECES: Final = 3

_FIRST_NAMES: Final = ("Ada", "Amara", "Bruno", "Chiara", "Emil", "Ines", "Jonas", "Kofi", "Lena", "Mei", "Noor")
_LAST_NAMES: Final = ("Almeida", "Berg", "Costa", "Dubois", "Fischer", "Ito", "Keller", "Moreau", "Novak", "Okafor")
_STREETS: Final = ("Lindenweg", "Rue des Tilleuls", "Via Garibaldi", "High Street", "Calle Mayor", "Keizersgracht")
_PLACES: Final = (
    ("Berlin", "10115", "DE"),
    ("Lyon", "69003", "FR"),
    ("Torino", "10121", "IT"),
    ("Sevilla", "41001", "ES"),
    ("Utrecht", "3511 LX", "NL"),
    ("Graz", "8010", "AT"),
    ("Porto", "4000-322", "PT"),
    ("Dublin", "D02 AF30", "IE"),
)


def generate_orders(catalogue: Sequence[Product], count: int, seed: int) -> list[OrderCreated]:
    """`count` orders of one to four products each, all payable and deliverable.

    Raises:
        UserError: the catalogue has nothing to sell.
    """
    shelves: dict[str, list[Product]] = {}
    for product in catalogue:
        if product.quantity > 0:
            shelves.setdefault(product.currency, []).append(product)
    if not shelves:
        raise UserError("the catalogue has nothing to sell: no product with a quantity above 0")
    random = Random(seed)  # noqa: S311 -- the same orders for the same seed is the point
    choices, weights = list(shelves.values()), [len(shelf) for shelf in shelves.values()]
    return [
        _order(random, f"{GENERATED}{seed}-{number:06d}", random.choices(choices, weights)[0])
        for number in range(1, count + 1)
    ]


def _order(random: Random, order_id: str, shelf: Sequence[Product]) -> OrderCreated:
    # What there is much of is ordered often, so that the stock of all products lasts about as long.
    quantities = [product.quantity for product in shelf]
    drawn = random.choices(shelf, quantities, k=random.randint(1, MOST_KINDS))
    kinds = list({product.product_id: product for product in drawn}.values())
    city, postal_code, country = random.choice(_PLACES)
    return OrderCreated(
        order_id=order_id,
        customer_id=f"customer-{random.randint(1, 5_000):04d}",
        currency=kinds[0].currency,
        items=tuple(product.item(random.randint(1, _MOST_PIECES)) for product in kinds),
        payment_method="tok_visa",
        shipping_address=Address(
            recipient=f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}",
            street=f"{random.choice(_STREETS)} {random.randint(1, 120)}",
            city=city,
            postal_code=postal_code,
            country=country,
        ),
    )
