"""Requesting a redrive of dead letters from the services, and waiting for their reports."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, cast

from azure.eventhub import EventData as HubEvent
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext

from quartet.azure.event_hubs.client import HubPublisher, hub_outages, message_of
from quartet.azure.settings import Settings
from quartet.cli.dead_letters.dead_letters import Found
from quartet.cli.publish.outgoing import SOURCE
from quartet.cli.reading.connection import open_consumer, open_producer
from quartet.cli.reading.hub_reader import stop_receiving
from quartet.cli.reading.hubs import for_operators, for_said_by
from quartet.engine.dead_letters.requests import (
    MOST_LETTERS,
    NO_SAGA,
    REDRIVE_EVENTS,
    LetterReport,
    RedriveReported,
    RedriveRequested,
)
from quartet.engine.failures.timeouts import stretched
from quartet.events import Event, Unreadable, new_event, partition_of, read_envelope, service_source, to_json
from quartet.terminal.user_error import UserError

_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Became:
    """The result for one dead letter of a service."""

    service: str
    saga_id: str | None
    report: LetterReport


@dataclass(frozen=True, slots=True)
class _Request:
    """A request, and where to send it: the partition that its first dead letter came from, if the hub has it."""

    event: Event[RedriveRequested]
    partition: str


async def ask(settings: Settings, chosen: Sequence[Found], seconds: float) -> AsyncIterator[Became]:
    """Request a redrive of these dead letters; yields each result, also of those behind them, as it is answered.

    Raises:
        UserError: a service has not answered within the limit. Its request stays in the hub.
        ConfigurationError: the settings cannot be used, or the hub does not exist.
        OutageError: the hub does not answer.
    """
    async with AsyncExitStack() as stack:
        producer, partitions = await stack.enter_async_context(open_producer(for_operators(settings)))
        requests = [*_requests(chosen, partitions)]
        answers = _Answers({request.event.id for request in requests})
        wanted = {request.partition for request in requests}
        for hub in for_said_by(settings, *sorted({found.service for found in chosen})):
            consumer, _ = await stack.enter_async_context(open_consumer(hub))
            await stack.enter_async_context(_listening(consumer, wanted, answers))
        await _send(HubPublisher(producer), requests)
        async for became in answers.until_all(stretched(seconds)):
            yield became
    if answers.missing:
        raise UserError(_unanswered(requests, answers.missing, seconds))


def _requests(chosen: Sequence[Found], partitions: Sequence[str]) -> Iterator[_Request]:
    """One request for each service and saga, so that dead letters are handled in order; several if they are many."""

    def key(found: Found) -> tuple[str, str]:
        return found.service, found.stored.letter.saga_id or NO_SAGA

    now = datetime.now(UTC)
    for (service, saga), some in groupby(sorted(chosen, key=key), key):
        letters = [*some]
        first = letters[0].stored.letter.partition
        partition = first if first in partitions else partition_of(saga, partitions)
        for start in range(0, len(letters), MOST_LETTERS):
            ids = tuple(found.stored.id for found in letters[start : start + MOST_LETTERS])
            data = RedriveRequested(saga=saga, participant=service, letters=ids)
            yield _Request(new_event(data, source=SOURCE, time=now), partition)


async def _send(publisher: HubPublisher, requests: Sequence[_Request]) -> None:
    by_partition: dict[str, list[_Request]] = {}
    for request in requests:
        by_partition.setdefault(request.partition, []).append(request)
    for partition, some in by_partition.items():
        await publisher.publish(partition, [to_json(request.event) for request in some])


def _unanswered(requests: Sequence[_Request], missing: set[str], seconds: float) -> str:
    silent = sorted({request.event.data.participant for request in requests if request.event.id in missing})
    return (
        f"{', '.join(silent)}: no answer to {len(missing)} of {len(requests)} requests within {seconds:g} s. "
        "Does it run (quartet doctor)? The requests stay in the hub, and are done when it runs"
    )


class _Answers:
    """Collects the services' reports about some requests.

    A request that was delivered twice is answered twice. The first answer for each dead letter counts.
    """

    def __init__(self, requests: set[str]) -> None:
        self.missing = set(requests)
        self._came: asyncio.Queue[Event[RedriveReported] | Exception] = asyncio.Queue()
        self._told: set[tuple[str, str]] = set()

    async def on_batch(self, _: PartitionContext, batch: list[HubEvent]) -> None:
        """See `EventHubConsumerClient.receive_batch`."""
        for data in batch:
            message = message_of(data)
            envelope = read_envelope(message.body, message.content_type, message.properties, message.body_form)
            if isinstance(envelope, Unreadable) or envelope.type != RedriveReported.type:
                continue
            event = envelope.read(REDRIVE_EVENTS)
            if not isinstance(event, Event) or not isinstance(event.data, RedriveReported):
                continue
            # A client that may send to the hub could send another participant's report.
            if event.source == service_source(event.data.participant):
                self._came.put_nowait(cast("Event[RedriveReported]", event))

    async def on_error(self, _: PartitionContext | None, error: Exception) -> None:
        """See `EventHubConsumerClient.receive_batch`."""
        self._came.put_nowait(error)

    async def until_all(self, seconds: float) -> AsyncIterator[Became]:
        """The result for each dead letter, until every request is answered, or no answer arrives within the limit."""
        while self.missing:
            try:
                async with asyncio.timeout(seconds):
                    came = await self._came.get()
            except TimeoutError:
                return
            if isinstance(came, Exception):
                with hub_outages():
                    raise came
            if came.causation_id in self.missing:
                for became in self._fresh(came.data):
                    yield became
                if came.data.is_last:
                    self.missing.discard(came.causation_id)

    def _fresh(self, reported: RedriveReported) -> Iterator[Became]:
        saga_id = None if reported.saga == NO_SAGA else reported.saga
        for report in reported.reports:
            if (reported.participant, report.id) not in self._told:
                self._told.add((reported.participant, report.id))
                yield Became(reported.participant, saga_id, report)


@asynccontextmanager
async def _listening(
    client: EventHubConsumerClient, partitions: Collection[str], answers: _Answers
) -> AsyncIterator[None]:
    """Receive from these partitions the events from now on, for the length of a block."""
    receiving = []
    for partition in sorted(partitions):
        with hub_outages():
            properties = await client.get_partition_properties(partition)
        call = client.receive_batch(
            answers.on_batch,
            partition_id=partition,
            starting_position="-1" if properties["is_empty"] else properties["last_enqueued_sequence_number"],
            max_batch_size=_BATCH,
            prefetch=_BATCH,
            on_error=answers.on_error,
        )
        receiving.append(asyncio.create_task(call))
    try:
        yield
    finally:
        await asyncio.gather(*map(stop_receiving, receiving))
