"""`quartet status`: the status of one saga, or of all of them."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer

from quartet.azure.settings import Settings, load_settings
from quartet.cli.application import choreography, runnable
from quartet.cli.failures import FAILED
from quartet.cli.lag.lag import Standstill
from quartet.cli.lag.reading import try_standstill
from quartet.cli.options import AnySagaArgument, StandingOption
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.stored import Stored
from quartet.cli.reading.unparsed import tell_unparsed
from quartet.cli.status.sagas import overview, saga_status
from quartet.cli.status.view import overview_json, overview_view, saga_json, saga_view
from quartet.terminal.console import show, write_json
from quartet.terminal.user_error import UserError


def status(
    saga: AnySagaArgument = None,
    *,
    standing: StandingOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show the status of a saga: how it has ended, and the record of each participant.

    Without an id, all sagas are counted, and those that have not ended are listed. Every record is read for that. Exit
    status 1 if a dead letter is open, a partition is stalled, a participant does not run, or something cannot be
    looked at.
    """
    runnable()
    settings = load_settings()
    if saga is not None:
        asyncio.run(_one(settings, saga, as_json=as_json))
    else:
        limit = timedelta(seconds=settings.standing_seconds if standing is None else standing)
        asyncio.run(_all(settings, limit, as_json=as_json))


async def _one(settings: Settings, saga: str, *, as_json: bool) -> None:
    async with open_cosmos(settings) as cosmos:
        stored = Stored(cosmos)
        known = await saga_status(stored, choreography(), saga)
    if not known.is_known:
        raise UserError(f"no participant knows a saga {saga}: check the id, or publish its first event")
    if as_json:
        write_json(saga_json(known, stored.unparsed))
    else:
        show(saga_view(known))
    tell_unparsed(stored.unparsed)


async def _all(settings: Settings, limit: timedelta, *, as_json: bool) -> None:
    """Show all. If hub or checkpoints cannot be read, the content of the databases is shown first."""
    app = choreography()
    standstill, failure = await try_standstill(settings, app.names, limit)
    async with open_cosmos(settings) as cosmos:
        stored = Stored(cosmos)
        seen = await overview(stored, app)
    if as_json:
        write_json(overview_json(seen, standstill, stored.unparsed))
    else:
        show(overview_view(seen, standstill or Standstill()))
    if failure is not None:
        raise failure
    tell_unparsed(stored.unparsed)
    if any(seen.letters.values()) or (standstill is not None and not standstill.is_well):
        raise typer.Exit(FAILED)
