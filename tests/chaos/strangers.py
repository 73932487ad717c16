"""Those who send what is no event: while everything else goes wrong, each of their messages must be kept, too."""

import asyncio
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from quartet.azure.credentials import Credentials
from quartet.azure.event_hubs.client import hub_outages, producer_client
from quartet.azure.settings import Settings
from quartet.engine.errors import OutageError
from quartet.events import CONTENT_TYPE
from tests.hubs import SHOP_PARTITIONS

_AGENT: Final = "strangers"
_PAUSE: Final = 0.3  # seconds before a send is tried again
_CONTENT_TYPES: Final = (None, CONTENT_TYPE, "application/json", "text/plain; charset=utf-16")


@dataclass(slots=True)
class Strangers:
    """Sends messages that no service can read.

    Attributes:
        sent: the digest of each body that the hub has accepted, as in the end of a dead letter's id.
    """

    settings: Settings
    sent: set[str] = field(default_factory=set)

    async def send_all(self, count: int, seconds: float, seed: int) -> None:
        """Send this many messages, spread over this many seconds."""
        random = Random(f"strangers {seed}")
        async with Credentials() as credentials, producer_client(self.settings, credentials, _AGENT) as client:
            for number, body in enumerate(_bodies(random, count)):
                await asyncio.sleep(seconds / count)
                await self._send(client, body, _properties(random), number % len(SHOP_PARTITIONS))
                self.sent.add(hashlib.sha256(body).hexdigest()[:16])

    async def _send(
        self, client: EventHubProducerClient, body: bytes, properties: dict[str | bytes, object], partition: int
    ) -> None:
        message = EventData(body)
        message.properties = properties
        content_type = _CONTENT_TYPES[len(body) % len(_CONTENT_TYPES)]
        if content_type is not None:
            message.content_type = content_type
        while True:
            try:
                with hub_outages():
                    # A list is measured against the smallest frame until the link is there; a batch asks the link.
                    batch = await client.create_batch(partition_id=str(partition))
                    batch.add(message)
                    await client.send_batch(batch)
            except OutageError:
                await asyncio.sleep(_PAUSE)
            else:
                return


def _bodies(random: Random, count: int) -> Iterator[bytes]:
    """Bytes, broken JSON, half an envelope, and now and then very much of it; each of them once."""
    for number in range(count):
        salt = random.randbytes(8).hex().encode()
        match number % 5:
            case 0:
                yield b"\xff" + random.randbytes(random.randint(1, 200)) + salt
            case 1:
                yield b'{"specversion": "1.0", "salt": "' + salt
            case 2:
                yield b'{"specversion": "1.0", "subject": "\\ud800", "salt": "' + salt + b'"}'
            case 3:
                yield b"[" * 5000 + salt
            case _:
                yield salt * random.choice((1, 100, 40_000))


def _properties(random: Random) -> dict[str | bytes, object]:
    choices: list[object] = [math.nan, math.inf, b"\xff", "\x1b[2J", 2**31 - 1, True, None, "x" * 3000]
    return {f"cloudEvents:{number}": random.choice(choices) for number in range(random.randint(0, 4))}
