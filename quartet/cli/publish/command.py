"""`quartet publish`: events into the hub, from a file."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from quartet.azure.settings import Settings, load_settings
from quartet.choreography import Choreography
from quartet.cli.application import choreography
from quartet.cli.publish.outgoing import Outgoing, read_events, wrap_events
from quartet.cli.publish.sending import publish as publish_events
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.stored import Stored
from quartet.cli.reading.unparsed import tell_unparsed
from quartet.cli.status.ends import wait_for_ends
from quartet.cli.status.view import ends_json, ends_view
from quartet.events import EventData
from quartet.terminal.console import results, show, write_json
from quartet.terminal.files import read_entries
from quartet.terminal.numbers import MOST_SECONDS, a_number
from quartet.terminal.progress import counting
from quartet.terminal.user_error import UserError


def publish(
    file: Annotated[
        Path, typer.Argument(help="Data of one event, a JSON list, or JSON lines; or CloudEvents. - is standard input.")
    ],
    *,
    event: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="What the data is of; by default, of what begins a saga."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.01, max=1e6, callback=a_number, help="Events a second; as fast as possible without."),
    ] = None,
    validate: Annotated[bool, typer.Option("--validate/--raw", help="--raw publishes the entries unchecked.")] = True,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all sagas have ended, and show how.")] = False,
    timeout: Annotated[
        float,
        typer.Option(
            min=0, max=MOST_SECONDS, callback=a_number, help="With --wait: seconds to wait without a saga that ends."
        ),
    ] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Publish events. The same data published again is the same event, and changes nothing."""
    app = choreography()
    plain, entries, now = model_of_data(app, event), read_entries(file), datetime.now(UTC)
    events = read_events(entries, now, app.events, plain) if validate else wrap_events(entries, now, plain)
    asyncio.run(_publish(app, events, load_settings(), rate, timeout if wait else None, as_json=as_json))


def model_of_data(app: Choreography, type_: str | None) -> type[EventData]:
    """The model of data without an envelope.

    Raises:
        UserError: there is no such type, or nothing says which one is meant.
    """
    if type_ is not None:
        if type_ not in app.events:
            raise UserError(f"{app.name} has no event {type_}: it is one of {', '.join(app.events)}")
        return app.events[type_]
    if not app.inputs:
        raise UserError(f"{app.name} does not say which event begins a saga: say --type, or name it in inputs")
    return app.inputs[0]


async def _publish(
    app: Choreography,
    events: Sequence[Outgoing],
    settings: Settings,
    rate: float | None,
    wait_seconds: float | None,
    *,
    as_json: bool,
) -> None:
    with counting("publishing", len(events)) as progress:
        await publish_events(events, settings, rate=rate, progress=progress)
    if wait_seconds is not None:
        await _show_ends(app, {one.saga_id for one in events}, settings, wait_seconds, as_json=as_json)
    elif as_json:
        write_json({"published": len(events)})
    else:
        results().print(f"{len(events)} {'event' if len(events) == 1 else 'events'} published")


async def _show_ends(
    app: Choreography, saga_ids: set[str], settings: Settings, seconds: float, *, as_json: bool
) -> None:
    async with open_cosmos(settings) as cosmos:
        stored = Stored(cosmos)
        with counting("waiting", len(saga_ids)) as progress:
            known = await wait_for_ends(stored, app, saga_ids, seconds=seconds, progress=progress)
    if as_json:
        write_json(ends_json(known))
    else:
        show(ends_view(known))
    tell_unparsed(stored.unparsed)
    if late := sorted(saga_ids - known.keys()):
        raise UserError(
            f"{len(late)} of {len(saga_ids)} sagas have not ended after {seconds:g} s without an end, "
            f"such as {late[0]}. See: quartet status {late[0]}"
        )
