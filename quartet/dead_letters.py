"""The dead letters of all four services: found, shown, and what became of them."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from rich.table import Table
from rich.text import Text
from structlog.typing import FilteringBoundLogger

from quartet.connection import Cosmos, open_cosmos, open_producer
from quartet.failures import UserError
from quartet.participants import SERVICES
from shared.events import format_time
from shared.runtime.cosmos_dead_letters import CosmosDeadLetters
from shared.runtime.event_hubs import HubPublisher
from shared.runtime.letter_box import StoredLetter
from shared.runtime.participant import DEAD_LETTERS
from shared.runtime.provision import open_database
from shared.runtime.redrive import Redrive, Report, Verdict
from shared.runtime.service import Surroundings
from shared.runtime.settings import Settings

NAMES: Final = tuple(service.participant.name for service in SERVICES)


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter, and whose it is."""

    service: str
    stored: StoredLetter


def box_of(cosmos: Cosmos, service: str) -> CosmosDeadLetters:
    """The dead letters of one service."""
    participant = next(each.participant for each in SERVICES if each.participant.name == service)
    return CosmosDeadLetters(cosmos.container(participant, DEAD_LETTERS.name), cosmos.settings.buckets)


async def find_letters(
    cosmos: Cosmos, services: Collection[str], *, order_id: str | None = None, settled: bool = False
) -> list[Found]:
    """The open dead letters of some services, with `settled` all of them; a service that never ran has none.

    Raises:
        OutageError: Cosmos DB did not answer.
    """
    found: list[Found] = []
    for service in services:
        try:
            letters = await box_of(cosmos, service).find(order_id=order_id, settled=settled)
        except CosmosResourceNotFoundError:
            continue
        found += [Found(service, stored) for stored in letters]
    return found


async def letters_by_id(cosmos: Cosmos, services: Collection[str], ids: Sequence[str]) -> list[Found]:
    """These dead letters, in every service that has one of them: a broken event is dead wherever it is heard.

    Raises:
        UserError: there is no dead letter of one of these ids.
        OutageError: Cosmos DB did not answer.
    """
    found = [one for one in await find_letters(cosmos, services, settled=True) if one.stored.id in set(ids)]
    known = {one.stored.id for one in found}
    for letter_id in ids:
        if letter_id not in known:
            raise UserError(f"there is no dead letter {letter_id}: see quartet dead-letters list --all")
    return found


def check_service(service: str | None) -> tuple[str, ...]:
    """The services that are meant; all of them if none is named.

    Raises:
        UserError: there is no such service.
    """
    if service is None:
        return NAMES
    if service not in NAMES:
        raise UserError(f"there is no service {service}: it is one of {', '.join(NAMES)}")
    return (service,)


@asynccontextmanager
async def open_redrives(settings: Settings, services: Collection[str]) -> AsyncIterator[dict[str, Redrive[Any]]]:
    """What redrives the dead letters of each service: an engine on the service's own ports, which receives nothing.

    Raises:
        ConfigurationError: the settings cannot be used, or do not fit what is stored.
        OutageError: a server does not answer.
    """
    async with AsyncExitStack() as stack:
        cosmos = await stack.enter_async_context(open_cosmos(settings))
        publisher = HubPublisher(await stack.enter_async_context(open_producer(settings)))
        redrives: dict[str, Redrive[Any]] = {}
        for service in SERVICES:
            participant = service.participant
            if participant.name not in services:
                continue
            # This checks the bucket count, too: with another one, we would look in the wrong places.
            database = await open_database(
                cosmos.client,
                participant.database,
                participant.all_containers,
                buckets=settings.buckets,
                may_create=False,
            )
            around = Surroundings(settings, database, publisher, frozenset(), _now, _silence())
            box = service.dead_letters(around)
            redrives[participant.name] = Redrive(service.engine(around, box, look_first=True), box, _now)
        yield redrives


def letters_table(found: Sequence[Found], *, with_end: bool) -> Table:
    """One row per dead letter; with how it has ended, if that is asked for."""
    table = Table(title="Dead letters", title_justify="left")
    for heading in ("id", "service", "died", "event", "order", "reason", "detail"):
        table.add_column(heading, overflow="fold")
    if with_end:
        table.add_column("became", overflow="fold")
    for one in found:
        letter = one.stored.letter
        row = (
            one.stored.id,
            one.service,
            format_time(letter.dead_at),
            letter.event_type or "",
            letter.order_id or "",
            letter.reason,
            letter.detail,
        )
        end = (one.stored.settled.outcome if one.stored.settled else "",) if with_end else ()
        table.add_row(*(Text(cell) for cell in (*row, *end)))
    return table


def letter_json(one: Found) -> dict[str, Any]:
    """A dead letter for programs. `text` is the body as far as it is text."""
    letter, settled = one.stored.letter, one.stored.settled
    return {
        "id": one.stored.id,
        "service": one.service,
        "order_id": letter.order_id,
        "event_id": letter.event_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "dead_at": format_time(letter.dead_at),
        "partition": letter.partition,
        "sequence_number": letter.message.sequence_number,
        "offset": letter.message.offset,
        "content_type": letter.message.content_type,
        "properties": dict(letter.message.properties),
        "text": letter.message.body.decode("utf-8", "backslashreplace"),
        "settled": {"at": format_time(settled.at), "outcome": settled.outcome} if settled else None,
    }


def letter_view(one: Found) -> Table:
    """A dead letter for people: everything that is known of it."""
    table = Table(show_header=False, title=f"Dead letter {one.stored.id} of {one.service}", title_justify="left")
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in letter_json(one).items():
        if value is not None and name not in {"id", "service"}:
            table.add_row(name, Text(str(value)))
    return table


def reports_table(reports: Sequence[tuple[str, Report]]) -> Table:
    """What became of each dead letter, in the order in which they were given to the services."""
    table = Table()
    for heading in ("id", "service", "event", "order", "became", "detail"):
        table.add_column(heading, overflow="fold")
    for service, report in reports:
        letter = report.letter
        cells = (letter.id, service, letter.event_type or "", letter.order_id or "")
        colour = "yellow" if report.verdict is Verdict.WAITING else "red" if report.verdict.is_open else "green"
        said = f", said {' '.join(report.said)}" if report.said and not report.verdict.is_open else ""
        table.add_row(*(Text(cell) for cell in cells), Text(report.verdict, style=colour), Text(report.detail + said))
    return table


def reports_json(reports: Sequence[tuple[str, Report]]) -> list[dict[str, Any]]:
    """What became of each dead letter, for programs."""
    return [
        {
            "id": report.letter.id,
            "service": service,
            "order_id": report.letter.order_id,
            "event_type": report.letter.event_type,
            "became": report.verdict.value,
            "open": report.verdict.is_open,
            "detail": report.detail,
            "said": list(report.said),
        }
        for service, report in reports
    ]


def _silence() -> FilteringBoundLogger:
    """A log that says nothing: what became of each letter is reported in another way."""

    def drop(*_: object) -> str:
        raise structlog.DropEvent

    log: FilteringBoundLogger = structlog.wrap_logger(structlog.ReturnLogger(), processors=[drop])
    return log


def _now() -> datetime:
    return datetime.now(UTC)
