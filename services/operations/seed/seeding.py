"""Putting stock on the shelves: one document per product in inventory's `items`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosResourceExistsError

from quartet.azure.cosmos.client import CONFLICT, Operation, outages, run_batch
from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.provisioning import provision as provision_all
from services.inventory.service import ITEMS
from services.operations.participants import INVENTORY
from services.operations.publish.catalogue import Product, read_catalogue
from services.operations.samples import CATALOGUE, sample
from services.shop import SHOP

RESTOCK_NOTE = "restock:"
"""How the id of the note begins that a delivery leaves beside the stock of a product."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What seeding has done: how many products are new, were there before, and got more pieces."""

    created: int = 0
    unchanged: int = 0
    restocked: int = 0


async def provision(cosmos: Cosmos) -> None:
    """Create the databases and containers of the shop that do not exist. Raises as `provisioning.provision`."""
    await provision_all(cosmos, SHOP)


async def seed(cosmos: Cosmos, products: Sequence[Product], *, delivery: str | None = None) -> Seeded:
    """Put products into stock. Existing products stay as they are, unless a delivery names them.

    Args:
        cosmos: the databases.
        products: what and how much.
        delivery: the id of a delivery: every product gets its quantity once for it, however often this is repeated.

    Raises:
        OutageError: Cosmos DB did not answer. Run it again, a delivery with the same id: no step is done twice.
    """
    items = cosmos.container(INVENTORY, ITEMS.name)
    created = restocked = 0
    for product in products:
        if delivery is not None and product.quantity > 0:
            is_new = await _deliver(items, product, delivery)
            created, restocked = created + is_new, restocked + (not is_new)
        elif await _create(items, product):
            created += 1
    return Seeded(created, len(products) - created - restocked, restocked)


async def fill_empty_shelves(cosmos: Cosmos) -> str | None:
    """Fill the shelves if they have never been filled, and return a line about it. Raises as `seed`."""
    if await has_stock(cosmos):
        return None
    products = read_catalogue(sample(CATALOGUE))
    await seed(cosmos, products)
    return f"the stock was empty: seeded {len(products)} products of the sample catalogue"


async def provision_and_fill_shelves(cosmos: Cosmos) -> str | None:
    """Create the shop's databases, where another service than its four runs, and fill the shelves as above."""
    await provision(cosmos)
    return await fill_empty_shelves(cosmos)


async def has_stock(cosmos: Cosmos) -> bool:
    """Whether there is any product.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    query = cosmos.container(INVENTORY, ITEMS.name).query_items("SELECT TOP 1 c.id FROM c")
    with outages():
        async for _ in query:
            return True
    return False


def stock_document(product: Product) -> dict[str, Any]:
    """A new product. `seeded_quantity` is the figure that the audit compares the others with."""
    return {
        "id": product.product_id,
        "product_id": product.product_id,
        "name": product.name,
        "available_quantity": product.quantity,
        "reserved_quantity": 0,
        "shipped_quantity": 0,
        "seeded_quantity": product.quantity,
    }


async def _create(items: ContainerProxy, product: Product) -> bool:
    try:
        with outages():
            await items.create_item(stock_document(product))
    except CosmosResourceExistsError:
        return False
    return True


async def _deliver(items: ContainerProxy, product: Product, delivery: str) -> bool:
    """Add pieces once per delivery, and tell whether the product is new.

    A note is created in one batch with the stock, in the same partition. It is found if the batch is sent again, by the
    SDK after a lost answer, or by a person who repeats the delivery.
    """
    note = {"id": f"{RESTOCK_NOTE}{delivery}", "product_id": product.product_id, "quantity": product.quantity}
    more = [
        {"op": "incr", "path": f"/{name}", "value": product.quantity}
        for name in ("available_quantity", "seeded_quantity")
    ]
    add: Operation = ("patch", (product.product_id, more), {})
    create: Operation = ("create", (stock_document(product),), {})
    stock = add
    while True:
        try:
            await run_batch(items, product.product_id, [("create", (note,), {}), stock])
        except CosmosBatchOperationError as error:
            if error.status_code not in CONFLICT:
                raise
            if error.error_index == 0:
                return False
            # The product is not there yet, or has come while we looked.
            stock = create if stock is add else add
        else:
            return stock is create
