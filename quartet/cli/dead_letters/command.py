"""`quartet dead-letters`: lists, shows, redrives and discards the events that services could not handle."""

import asyncio
from typing import Annotated

import typer

from quartet.azure.settings import Settings, load_settings
from quartet.cli.dead_letters.acting import choose, plan, redriven
from quartet.cli.dead_letters.acting import discard as discard_letters
from quartet.cli.dead_letters.asking import Became
from quartet.cli.dead_letters.dead_letters import Found, check_service, find_letters, letters_by_id
from quartet.cli.dead_letters.view import letter_json, letter_view, letters_listing, reports_json, reports_listing
from quartet.cli.failures import FAILED
from quartet.cli.options import LetterArgument, LettersArgument, SagaOption, SomeLettersArgument
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.stored import Stored, Unparsed
from quartet.cli.reading.unparsed import tell_unparsed
from quartet.engine.dead_letters.redrive import Verdict
from quartet.terminal.console import results, show, write_json
from quartet.terminal.numbers import MOST_SECONDS, a_number

dead_letters = typer.Typer(
    help="Events that the services could not handle: list, show, redrive, discard.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

ServiceOption = Annotated[str | None, typer.Option("--service", help="Only this service's.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@dead_letters.command("list")
def list_letters(
    service: ServiceOption = None,
    saga: SagaOption = None,
    settled: Annotated[bool, typer.Option("--all", help="Those that were redriven or discarded, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the dead letters that are open.

    Exit status 1 if one of them cannot be read: it is named on standard error.
    """
    services, settings = check_service(service), load_settings()

    async def work() -> tuple[list[Found], list[Unparsed]]:
        async with open_cosmos(settings) as cosmos:
            stored = Stored(cosmos)
            return await find_letters(stored, services, saga_id=saga, settled=settled), stored.unparsed

    found, unparsed = asyncio.run(work())
    if as_json:
        write_json([letter_json(one) for one in found])
    elif found:
        show(letters_listing(found, with_end=settled))
    elif not unparsed:
        results().print("no dead letters")
    tell_unparsed(unparsed)


@dead_letters.command("show")
def show_letter(
    letter: LetterArgument,
    service: ServiceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything about a dead letter, its body included. Several services may have the same one."""
    services, settings = check_service(service), load_settings()

    async def work() -> list[Found]:
        async with open_cosmos(settings) as cosmos:
            return await letters_by_id(Stored(cosmos), services, [letter])

    found = asyncio.run(work())
    if as_json:
        write_json([letter_json(one) for one in found])
        return
    for one in found:
        show(letter_view(one))


@dead_letters.command()
def redrive(
    context: typer.Context,
    letters: LettersArgument = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    service: ServiceOption = None,
    saga: SagaOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be redriven, in order.")] = False,
    timeout: Annotated[
        float, typer.Option(min=0, max=MOST_SECONDS, callback=a_number, help="Seconds to wait without an answer.")
    ] = 60,
    as_json: JsonOption = False,
) -> None:
    """Ask the services to handle dead letters again, in order, with what waits behind them.

    Each service does it in its own process, with its own ports; this command needs none. Asking twice does nothing
    twice. Exit status 1 if any of them is a dead letter still, or a service has not answered: its request stays in the
    hub, and is done when the service runs.
    """
    if bool(letters) is (every or saga is not None):
        raise typer.BadParameter("say which dead letters: either their ids, or --all, or --saga", ctx=context)
    services, settings = check_service(service), load_settings()

    async def work() -> tuple[bool, list[Unparsed]]:
        chosen, unparsed = await choose(settings, services, letters, saga)
        if dry_run:
            _show_plan(await plan(settings, chosen), as_json=as_json)
            return True, unparsed
        became = await _ask(settings, chosen, timeout, as_json=as_json)
        return not any(Verdict(one.report.became).is_open for one in became), unparsed

    is_done, unparsed = asyncio.run(work())
    tell_unparsed(unparsed)
    if not is_done:
        raise typer.Exit(FAILED)


@dead_letters.command()
def discard(
    letters: SomeLettersArgument,
    service: ServiceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Discard dead letters: their events are never applied, and their sagas are unblocked.

    The letters behind them can then be redriven.
    """
    services, settings = check_service(service), load_settings()

    async def work() -> list[Became]:
        chosen, _ = await choose(settings, services, letters)
        return [became async for became in discard_letters(settings, chosen)]

    _show_reports(asyncio.run(work()), as_json=as_json)


async def _ask(settings: Settings, chosen: list[Found], seconds: float, *, as_json: bool) -> list[Became]:
    """Ask, and show the answers, also if one is missing in the end. Raises as `redriven` does."""
    became: list[Became] = []
    try:
        async for one in redriven(settings, chosen, seconds):
            became.append(one)  # noqa: PERF401 -- the answers that have arrived count, even if the next one fails
    except Exception:
        if became:
            _show_reports(became, as_json=as_json)
        raise
    _show_reports(became, as_json=as_json)
    return became


def _show_plan(plan: list[Found], *, as_json: bool) -> None:
    if as_json:
        write_json([letter_json(one) for one in plan])
    elif plan:
        show(letters_listing(plan, with_end=False))
    else:
        results().print("nothing to redrive")


def _show_reports(became: list[Became], *, as_json: bool) -> None:
    if as_json:
        write_json(reports_json(became))
    elif became:
        show(reports_listing(became))
    else:
        results().print("nothing to do")
