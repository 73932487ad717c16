"""`quartet status`: where one order stands."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from quartet.connection import open_cosmos
from quartet.console import results, write_json
from quartet.failures import UserError
from quartet.status import status_json, status_view, whereabouts
from shared.runtime.settings import load_settings


def status(
    order: Annotated[str, typer.Argument(help="The order's id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show an order's status and history, and what each of the four services has recorded."""
    settings = load_settings()

    async def work() -> None:
        async with open_cosmos(settings) as cosmos:
            known = await whereabouts(cosmos, order)
        if not known.is_known:
            raise UserError(f"no service knows an order {order}: check the id, or publish it first")
        if as_json:
            write_json(status_json(known))
        else:
            results().print(status_view(known, datetime.now(UTC)))

    asyncio.run(work())
