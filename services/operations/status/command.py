"""`quartet status`: the status of one order, or the orders that do not end."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from quartet.adapters import Settings, load_settings
from quartet.cli.failures import FAILED
from quartet.cli.lag.lag import Standstill
from quartet.cli.lag.reading import try_standstill
from quartet.cli.options import AnySagaArgument, StandingOption
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.stored import Stored
from quartet.cli.reading.unparsed import tell_unparsed
from quartet.terminal.console import show, write_json
from quartet.terminal.numbers import MOST_SECONDS, a_number
from quartet.terminal.user_error import UserError
from services.operations.participants import NAMES
from services.operations.status.status import status_json, whereabouts
from services.operations.status.stuck_reading import stuck_orders
from services.operations.status.stuck_view import stuck_json, stuck_view
from services.operations.status.view import status_view


def status(
    context: typer.Context,
    order: AnySagaArgument = None,
    *,
    stuck: Annotated[
        bool, typer.Option("--stuck", help="The orders that do not end, and which service is to say the next event.")
    ] = False,
    grace: Annotated[
        float,
        typer.Option(
            min=0, max=MOST_SECONDS, callback=a_number, help="With --stuck: seconds that an order may be late."
        ),
    ] = 60,
    standing: StandingOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show an order's status and history, and what each of the four services has recorded.

    With --stuck: the orders that are late, or that a dead letter, a stalled partition, or a service that
    does not run is known to hold up. Exit status 1 if there is anything of these, or something cannot be looked at.
    """
    if (order is None) is not stuck:
        raise typer.BadParameter("say either an order's id, or --stuck", ctx=context)
    settings = load_settings()
    if order is not None:
        asyncio.run(_one_order(settings, order, as_json=as_json))
    else:
        limit = timedelta(seconds=settings.standing_seconds if standing is None else standing)
        asyncio.run(_stuck_orders(settings, timedelta(seconds=grace), limit, as_json=as_json))


async def _one_order(settings: Settings, order: str, *, as_json: bool) -> None:
    async with open_cosmos(settings) as cosmos:
        known = await whereabouts(Stored(cosmos), order)
    if not known.is_known:
        raise UserError(f"no service knows an order {order}: check the id, or publish it first")
    if as_json:
        write_json(status_json(known))
    else:
        show(status_view(known, _now()))
    tell_unparsed(known.unparsed)


async def _stuck_orders(settings: Settings, grace: timedelta, limit: timedelta, *, as_json: bool) -> None:
    """Show what makes no progress. If hub or checkpoints cannot be looked at, what the databases say is shown first."""
    standstill, failure = await try_standstill(settings, NAMES, limit)
    async with open_cosmos(settings) as cosmos:
        report = await stuck_orders(Stored(cosmos), _now(), grace, standstill or Standstill())
    if as_json:
        write_json(stuck_json(report, standstill))
    elif failure is None or report.orders:
        show(stuck_view(report, standstill or Standstill()))
    if failure is not None:
        raise failure
    tell_unparsed(report.unparsed)
    if report.orders or (standstill is not None and not standstill.is_well):
        raise typer.Exit(FAILED)


def _now() -> datetime:
    return datetime.now(UTC)
