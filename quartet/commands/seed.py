"""`quartet seed`: stock for the shelves."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from quartet.catalogue import read_catalogue
from quartet.connection import open_cosmos
from quartet.console import results
from quartet.seeding import provision
from quartet.seeding import seed as put_into_stock
from shared.runtime.settings import load_settings


def seed(
    file: Annotated[Path, typer.Argument(help="The catalogue: a JSON list of products; - reads standard input.")],
    restock: Annotated[bool, typer.Option("--restock", help="Add the quantities to products that are there.")] = False,
) -> None:
    """Create the databases and containers of all services, and put a catalogue into stock.

    Seeding twice changes nothing, unless --restock says that more has come in.
    """
    products = read_catalogue(file)
    settings = load_settings()

    async def work() -> None:
        async with open_cosmos(settings) as cosmos:
            await provision(cosmos)
            done = await put_into_stock(cosmos, products, restock=restock)
            results().print(f"{done.created} products created, {done.restocked} restocked, {done.unchanged} as before")

    asyncio.run(work())
