"""A participant without logic: `python -m quartet.cli.bench.floor.program package.module:APP NAME SCRIPT`.

For each event that the participant hears, it makes the calls of the SDKs that a participant cannot do without, and
nothing else: it receives a batch, writes one document for each event, reads one where it answers, sends the answers
of the script, and writes a checkpoint once a second. It recognises no duplicate and retries nothing.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, cast

import structlog
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient, PartitionContext

from quartet.azure.cosmos.client import BatchLimits, in_chunks
from quartet.azure.settings import Settings, load_settings
from quartet.cli.bench.floor.script import READY, Script, read_script
from quartet.engine.declaration.participant import Participant
from quartet.events import CONTENT_TYPE, bucket_of
from quartet.process.application import load_application
from quartet.process.startup import open_servers

_BATCH: Final = 300  # fewer than a participant receives, so that the answers fit in one send


class Floor:
    """Handles received batches of one participant."""

    def __init__(
        self,
        participant: Participant[Any, Any],
        script: Script,
        settings: Settings,
        container: ContainerProxy,
        producer: EventHubProducerClient,
    ) -> None:
        self._participant = participant
        self._script = script
        self._settings = settings
        self._container = container
        self._producer = producer
        self._checkpointed: dict[str, float] = {}

    async def on_batch(self, context: PartitionContext, events: list[EventData]) -> None:
        """Store what is heard, answer it, and write a checkpoint if one is due."""
        heard = defaultdict[str, list[dict[str, Any]]](list)
        answers: list[str] = []
        for event in events:
            value = json.loads(b"".join(cast(Iterable[bytes], event.body)))  # on this hub, all events are data
            if value["type"] not in self._participant.hears:
                continue
            said = self._script.answers_to(self._participant.name, value)
            answers += said
            heard[bucket_of(value["subject"], self._settings.buckets)].append({"event": value, "said": said})
        await asyncio.gather(*(self._store(bucket, records) for bucket, records in heard.items()))
        if answers:
            await self._send(context.partition_id, answers)
        now = time.monotonic()
        if events and now >= self._checkpointed.get(context.partition_id, 0) + self._settings.checkpoint_seconds:
            self._checkpointed[context.partition_id] = now
            await context.update_checkpoint(events[-1])

    async def _store(self, bucket: str, records: Sequence[dict[str, Any]]) -> None:
        """One read if something is answered, and as few writes as a transactional batch allows."""
        if answered := [one for one in records if one["said"]]:
            with contextlib.suppress(CosmosResourceNotFoundError):
                await self._container.read_item(answered[0]["event"]["subject"], bucket)
        documents = ({"id": one["event"]["subject"], "pk": bucket, **one} for one in records)
        for chunk in in_chunks(documents, BatchLimits()):
            await self._container.execute_item_batch([("upsert", (one,), {}) for one in chunk], partition_key=bucket)

    async def _send(self, partition: str, answers: Sequence[str]) -> None:
        batch = await self._producer.create_batch(partition_id=partition)
        for answer in answers:
            data = EventData(answer)
            data.content_type = CONTENT_TYPE
            batch.add(data)
        await self._producer.send_batch(batch)


async def serve(path: str, name: str, script: Script) -> None:
    """Play the participant's part until the process is ended."""
    participant, settings = load_application(path).choreography.participant(name), load_settings()
    async with AsyncExitStack() as stack:
        servers = await open_servers(stack, participant, settings, structlog.get_logger())
        container = servers.database.get_container_client(participant.container)
        floor = Floor(participant, script, settings, container, servers.producer)
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
        await servers.hubs[0].receiver.receive_batch(
            floor.on_batch, max_batch_size=_BATCH, prefetch=_BATCH, starting_position="-1"
        )


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], read_script(Path(sys.argv[3]).read_text(encoding="utf-8"))))
