"""`quartet status`: where one order stands, or which orders do not end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from quartet.connection import open_cosmos
from quartet.console import results, write_json
from quartet.failures import UserError
from quartet.status import status_json, status_view, whereabouts
from quartet.stuck import stuck_json
from quartet.stuck_reading import stuck_orders, stuck_table
from shared.runtime.settings import Settings, load_settings


def status(
    order: Annotated[str | None, typer.Argument(help="The order's id.")] = None,
    stuck: Annotated[bool, typer.Option("--stuck", help="The orders that do not end, and who owes the next event.")] = (
        False
    ),
    grace: Annotated[float, typer.Option(min=0, help="With --stuck: seconds that an order may be late.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show an order's status and history, and what each of the four services has recorded."""
    if (order is None) is not stuck:
        raise UserError("say either an order's id, or --stuck")
    settings = load_settings()
    if order is not None:
        asyncio.run(_one_order(settings, order, as_json=as_json))
    else:
        asyncio.run(_stuck_orders(settings, timedelta(seconds=grace), as_json=as_json))


async def _one_order(settings: Settings, order: str, *, as_json: bool) -> None:
    async with open_cosmos(settings) as cosmos:
        known = await whereabouts(cosmos, order)
    if not known.is_known:
        raise UserError(f"no service knows an order {order}: check the id, or publish it first")
    if as_json:
        write_json(status_json(known))
    else:
        results().print(status_view(known, datetime.now(UTC)))


async def _stuck_orders(settings: Settings, grace: timedelta, *, as_json: bool) -> None:
    async with open_cosmos(settings) as cosmos:
        orders = await stuck_orders(cosmos, datetime.now(UTC), grace)
    if as_json:
        write_json(stuck_json(orders))
    elif orders:
        results().print(stuck_table(orders))
    else:
        results().print("every order has ended, or has time left")
