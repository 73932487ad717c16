"""`quartet publish`: orders into the hub, from a file or made up."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from quartet.adapters import Settings, load_settings
from quartet.cli.publish.outgoing import Outgoing, event_of
from quartet.cli.publish.sending import publish as publish_events
from quartet.cli.reading.connection import open_cosmos
from quartet.terminal.console import results, show, write_json
from quartet.terminal.files import read_entries
from quartet.terminal.numbers import MOST_SECONDS, a_number
from quartet.terminal.progress import counting
from quartet.terminal.user_error import UserError
from services.operations.publish.catalogue import read_catalogue
from services.operations.publish.generator import generate_orders
from services.operations.publish.orders import read_events, wrap_events
from services.operations.publish.outcomes import outcome_counts, outcome_listing, outcomes_json
from services.operations.publish.waiting import Outcome, wait_until_settled
from services.operations.samples import CATALOGUE, sample

_MOST_ROWS: Final = 60
_MOST_ORDERS: Final = 1_000_000  # all are held in memory


def publish(
    file: Annotated[
        Path | None,
        typer.Argument(help="One order, a JSON list, or JSON lines; also whole CloudEvents. - is standard input."),
    ] = None,
    *,
    count: Annotated[
        int | None, typer.Option(min=1, max=_MOST_ORDERS, help="Generate this many orders instead of reading a file.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="With --count: another seed, other orders.")] = 1,
    catalogue: Annotated[Path | None, typer.Option(help="With --count: what to order from.")] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.01, max=1e6, callback=a_number, help="Orders a second; as fast as possible without."),
    ] = None,
    validate: Annotated[bool, typer.Option("--validate/--raw", help="--raw publishes the entries unchecked.")] = True,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all have ended, and show how.")] = False,
    timeout: Annotated[
        float, typer.Option(min=0, max=MOST_SECONDS, callback=a_number, help="With --wait: seconds to wait at most.")
    ] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Publish orders. The same order published again is the same event, and changes nothing."""
    events = _events(file, count, seed, catalogue, validate=validate)
    settings = load_settings()

    async def work() -> bool:
        with counting("publishing", len(events)) as progress:
            await publish_events(events, settings, rate=rate, progress=progress)
        if not wait:
            if as_json:
                write_json({"published": len(events)})
            else:
                results().print(f"{len(events)} {'event' if len(events) == 1 else 'events'} published")
            return True
        return await _show_outcomes(events, settings, timeout, as_json=as_json)

    if not asyncio.run(work()):
        raise typer.Exit(1)


def _events(
    file: Path | None, count: int | None, seed: int, catalogue: Path | None, *, validate: bool
) -> list[Outgoing]:
    if (file is None) == (count is None):
        raise typer.BadParameter("give either a FILE or --count")
    now = datetime.now(UTC)
    if count is not None:
        orders = generate_orders(read_catalogue(catalogue or sample(CATALOGUE)), count, seed)
        return [event_of(order, now) for order in orders]
    if file is None:
        raise AssertionError("one of the two was given")
    entries = read_entries(file)
    return read_events(entries, now) if validate else wrap_events(entries, now)


async def _show_outcomes(events: list[Outgoing], settings: Settings, seconds: float, *, as_json: bool) -> bool:
    order_ids = {one.saga_id for one in events}
    async with open_cosmos(settings) as cosmos:
        with counting("waiting", len(order_ids)) as progress:
            known = await wait_until_settled(cosmos, order_ids, seconds=seconds, at_most=seconds, progress=progress)
    _show(known, order_ids, as_json=as_json)
    late = [order_id for order_id in sorted(order_ids) if order_id not in known or not known[order_id].is_settled]
    if late:
        raise UserError(
            f"{len(late)} of {len(order_ids)} orders have not ended after {seconds:g} s, such as {late[0]}. "
            f"See: quartet status {late[0]}"
        )
    return True


def _show(known: Mapping[str, Outcome], order_ids: set[str], *, as_json: bool) -> None:
    if as_json:
        write_json(outcomes_json(known))
        return
    if len(order_ids) <= _MOST_ROWS:
        show(outcome_listing(known))
    results().print(outcome_counts(known.values()))
