"""The dead letters of all services: found, planned and discarded."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quartet.azure.cosmos.letter_expiry import copy_id
from quartet.azure.cosmos.provision import open_database
from quartet.azure.cosmos.stored_letters import OF_NO_SAGA, OF_SAGA, by_death, stored_letter
from quartet.azure.event_hubs.client import HubPublisher
from quartet.azure.settings import Settings
from quartet.cli.application import choreography, runnable
from quartet.cli.lag.silence import silent_log
from quartet.cli.reading.connection import open_cosmos, open_producer
from quartet.cli.reading.stored import Stored
from quartet.engine.dead_letters.redrive import Redrive
from quartet.engine.dead_letters.store import StoredLetter
from quartet.engine.declaration.participant import DEAD_LETTERS
from quartet.events import bucket_of
from quartet.process.service import ServiceContext
from quartet.terminal.user_error import UserError


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter, and whose it is."""

    service: str
    stored: StoredLetter


async def find_letters(
    stored: Stored, services: Collection[str], *, saga_id: str | None = None, settled: bool = False
) -> list[Found]:
    """The open dead letters of some services, with `settled` all of them, in the order in which they failed.

    Those that cannot be read are noted in `stored`.

    Raises:
        MissingError: the database or container of a service does not exist.
        OutageError: Cosmos DB did not answer.
    """
    conditions = [] if settled else ["(NOT IS_DEFINED(c.settled) OR IS_NULL(c.settled))"]
    if saga_id is None:
        return await _find(stored, services, conditions)
    conditions.append(f"({OF_NO_SAGA} OR {OF_SAGA})")
    bucket = bucket_of(saga_id, stored.cosmos.settings.buckets)
    return await _find(stored, services, conditions, {"saga": saga_id}, bucket)


async def letters_by_id(stored: Stored, services: Collection[str], ids: Sequence[str]) -> list[Found]:
    """These dead letters, in every service that has one of them: a broken event is dead wherever it is heard.

    Raises:
        UserError: there is no dead letter of one of these ids, or it cannot be read.
        MissingError: the database or container of a service does not exist.
        OutageError: Cosmos DB did not answer.
    """
    with_copies = [*ids, *map(copy_id, ids)]
    found = await _find(stored, services, ["ARRAY_CONTAINS(@ids, c.id)"], {"ids": with_copies})
    known = {one.stored.id for one in found}
    unparsed = {one.id: one for one in stored.unparsed}
    for letter_id in ids:
        if letter_id in unparsed and letter_id not in known:
            raise UserError(f"this release cannot read {unparsed[letter_id]}")
        if letter_id not in known:
            raise UserError(
                f"there is no dead letter {letter_id}: see quartet dead-letters list --all. "
                "One that was redriven expires after DEAD_LETTER_DAYS days"
            )
    return found


async def _find(
    stored: Stored,
    services: Collection[str],
    conditions: Sequence[str],
    parameters: Mapping[str, object] | None = None,
    bucket: str | None = None,
) -> list[Found]:
    found: list[Found] = []
    where = " AND ".join(conditions) or "true"
    for service in runnable().services:
        participant = service.participant
        if participant.name not in services:
            continue
        letters = [
            letter
            async for letter in stored.rows(
                participant, DEAD_LETTERS.name, stored_letter, where=where, parameters=parameters, bucket=bucket
            )
        ]
        found += [Found(participant.name, letter) for letter in sorted(_with_content(letters), key=by_death)]
    return found


def _with_content(letters: Sequence[StoredLetter]) -> list[StoredLetter]:
    """Each dead letter once: a discarded one with its content, as long as its copy has not expired."""
    copies = {letter.id: letter for letter in letters if letter.is_copy}
    return [
        copies.get(letter.id, letter) if letter.settled is not None else letter
        for letter in letters
        if not letter.is_copy
    ]


def check_service(service: str | None) -> tuple[str, ...]:
    """The services that are meant; all of them if none is named.

    Raises:
        UserError: there is no such service.
    """
    names = choreography().names
    if service is None:
        return names
    if service not in names:
        raise UserError(f"there is no service {service}: it is one of {', '.join(names)}")
    return (service,)


@asynccontextmanager
async def open_redrives(settings: Settings, services: Collection[str]) -> AsyncIterator[dict[str, Redrive[Any]]]:
    """What plans a redrive of each service's dead letters, and discards them. It has no ports, so it runs no handler.

    Raises:
        ConfigurationError: the settings cannot be used, or do not fit the stored data.
        OutageError: a server does not answer.
    """
    async with AsyncExitStack() as stack:
        cosmos = await stack.enter_async_context(open_cosmos(settings))
        producer, _ = await stack.enter_async_context(open_producer(settings))
        redrives: dict[str, Redrive[Any]] = {}
        for service in runnable().services:
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
            context = ServiceContext(settings, database, HubPublisher(producer), frozenset(), _now, silent_log())
            box = service.dead_letters(context)
            redrives[participant.name] = Redrive(service.engine(context, None, box, look_first=True), box, _now)
        yield redrives


def _now() -> datetime:
    return datetime.now(UTC)
