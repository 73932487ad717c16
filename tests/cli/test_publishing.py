from collections.abc import Sequence
from typing import Any, cast

import pytest
from azure.eventhub.aio import EventHubProducerClient

from quartet.azure.event_hubs.client import HubPublisher
from quartet.cli.publish.outgoing import Outgoing
from quartet.cli.publish.sending import by_partition, check_sizes, send
from quartet.events import encode, partition_of
from quartet.terminal.user_error import UserError
from tests.hubs import SHOP_PARTITIONS


class RecordingPublisher(HubPublisher):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[dict[str, Any]]]] = []

    async def publish(self, partition: str, events: Sequence[dict[str, Any]]) -> None:
        self.sent.append((partition, list(events)))


def outgoing(count: int) -> list[Outgoing]:
    return [Outgoing(f"ord-{number % 7}", {"number": number}) for number in range(count)]


def test_events_go_to_the_partition_of_their_saga() -> None:
    groups = by_partition(outgoing(50), SHOP_PARTITIONS)
    assert all(partition_of(one.saga_id, SHOP_PARTITIONS) == where for where, group in groups.items() for one in group)
    assert sum(len(group) for group in groups.values()) == 50


async def test_a_partition_is_one_batch() -> None:
    publisher = RecordingPublisher()
    await send(outgoing(50), publisher, SHOP_PARTITIONS)
    keys = [key for key, _ in publisher.sent]
    assert len(keys) == len(set(keys))


async def test_the_events_of_an_order_keep_their_order_and_none_is_lost() -> None:
    publisher = RecordingPublisher()
    progress: list[int] = []
    await send(outgoing(2_500), publisher, SHOP_PARTITIONS, progress=progress.append)
    sent = [event["number"] for _, events in publisher.sent for event in events]
    for order in range(7):
        numbers = [number for number in sent if number % 7 == order]
        assert numbers == sorted(numbers)
    assert sorted(sent) == list(range(2_500))
    assert sum(progress) == 2_500


async def test_with_a_rate_everything_is_sent_too() -> None:
    publisher = RecordingPublisher()
    await send(outgoing(30), publisher, SHOP_PARTITIONS, rate=1_000)
    assert sorted(event["number"] for _, events in publisher.sent for event in events) == list(range(30))
    assert len(publisher.sent) > 4


class SmallHub:
    """A producer of a hub whose link takes 2,000 bytes at a time."""

    async def create_batch(self) -> "SmallHub":
        return self

    max_size_in_bytes = 2_000


@pytest.mark.parametrize(("length", "fits"), [(100, True), (1_488, True), (1_489, False), (5_000, False)])
async def test_an_event_that_the_hub_would_refuse_is_refused_before_the_first_send(length: int, fits: bool) -> None:
    """512 of the bytes are for what a batch adds to its only event."""
    empty = len(encode({"data": ""}))
    events = [*outgoing(1), Outgoing("o-1", {"data": "x" * (length - empty)}, "orders.jsonl, line 2")]
    hub = cast(EventHubProducerClient, SmallHub())
    if fits:
        await check_sizes(events, hub)
    else:
        with pytest.raises(UserError, match=r"orders\.jsonl, line 2: has .* bytes, .* Nothing was published"):
            await check_sizes(events, hub)
