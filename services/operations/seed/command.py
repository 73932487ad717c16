"""`quartet seed`: stock for the shelves."""

import asyncio
import re
import uuid
from pathlib import Path
from typing import Annotated, Final

import typer

from quartet.adapters import load_settings
from quartet.cli.reading.connection import open_cosmos
from quartet.terminal.console import remarks, results
from services.operations.publish.catalogue import read_catalogue
from services.operations.seed.seeding import provision
from services.operations.seed.seeding import seed as put_into_stock

_DELIVERY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def seed(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The catalogue: a JSON list of products; - reads standard input.")],
    restock: Annotated[bool, typer.Option("--restock", help="Add the quantities to products that exist.")] = False,
    delivery: Annotated[
        str | None,
        typer.Option("--delivery", help="With --restock: the id of what has come in; it counts once, however often."),
    ] = None,
) -> None:
    """Create the databases and containers of all services, and put a catalogue into stock.

    Seeding twice changes nothing, unless --restock says that more has come in. What was interrupted can be run again:
    a restock with its --delivery, which is written to standard error if it is made up.
    """
    if delivery is not None and not restock:
        raise typer.BadParameter("--delivery needs --restock", ctx=context)
    if delivery is not None and not _DELIVERY.fullmatch(delivery):
        raise typer.BadParameter("a delivery is 1 to 64 of A-Z, a-z, 0-9, _ and -", ctx=context)
    products = read_catalogue(file)
    settings = load_settings()

    async def work() -> None:
        async with open_cosmos(settings) as cosmos:
            await provision(cosmos)
            done = await put_into_stock(cosmos, products, delivery=_announced(delivery) if restock else None)
            results().print(f"{done.created} products created, {done.restocked} restocked, {done.unchanged} as before")

    asyncio.run(work())


def _announced(delivery: str | None) -> str:
    """The delivery's id; a new one is printed first, so that it is known after an interruption."""
    if delivery is not None:
        return delivery
    made_up = uuid.uuid4().hex
    remarks().print(f"delivery {made_up}: if it is interrupted, run it again with --delivery {made_up}", soft_wrap=True)
    return made_up
