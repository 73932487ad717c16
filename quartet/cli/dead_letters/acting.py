"""What an operator does with dead letters, for the command and for the console: choose, plan, redrive, discard."""

from collections.abc import AsyncIterator, Sequence

from quartet.azure.settings import Settings
from quartet.cli.dead_letters.asking import Became, ask
from quartet.cli.dead_letters.dead_letters import Found, find_letters, letters_by_id, open_redrives
from quartet.cli.dead_letters.releases import check_releases
from quartet.cli.reading.connection import open_cosmos
from quartet.cli.reading.stored import Stored, Unparsed
from quartet.engine.dead_letters.redriver import letter_report


async def choose(
    settings: Settings, services: tuple[str, ...], letters: Sequence[str] | None, saga: str | None = None
) -> tuple[list[Found], list[Unparsed]]:
    """The dead letters that are meant, and those that may be and cannot be read.

    With ids, those in every one of the services that has them; without, the open ones, of one saga or of all.

    Raises:
        UserError: there is no dead letter of one of these ids, or it cannot be read.
        MissingError: the database or container of a service does not exist.
        OutageError: Cosmos DB did not answer.
    """
    async with open_cosmos(settings) as cosmos:
        stored = Stored(cosmos)
        if letters:
            return await letters_by_id(stored, services, letters), []
        return await find_letters(stored, services, saga_id=saga), stored.unparsed


async def plan(settings: Settings, chosen: Sequence[Found]) -> list[Found]:
    """The dead letters that a redrive of these would handle, in order. Raises as `open_redrives` does."""
    planned: list[Found] = []
    async with open_redrives(settings, {one.service for one in chosen}) as redrives:
        for service, redrive_of in redrives.items():
            letters = [one.stored for one in chosen if one.service == service]
            planned += [Found(service, stored) for stored in await redrive_of.plan(letters)]
    return planned


async def redriven(settings: Settings, chosen: Sequence[Found], seconds: float) -> AsyncIterator[Became]:
    """Ask the services to redrive these, if their releases can be asked; yields each result as it is answered.

    Raises:
        UserError: a release cannot be asked, so nothing was; or a service has not answered within this time.
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: a server does not answer.
    """
    await check_releases(settings, {one.service for one in chosen})
    async for became in ask(settings, chosen, seconds):
        yield became


async def discard(settings: Settings, chosen: Sequence[Found]) -> AsyncIterator[Became]:
    """Discard these; yields each result when it is done. Raises as `open_redrives` does."""
    async with open_redrives(settings, {one.service for one in chosen}) as redrives:
        for one in chosen:
            report = await redrives[one.service].discard(one.stored)
            yield Became(one.service, one.stored.letter.saga_id, letter_report(report))
