"""A message that is delivered again is not taken again, be it from the hub or from a file."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from quartet.console.interpreting import Interpreter
from quartet.console.projection.facts import Place
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.taking import Taking
from quartet.console.vocabulary import Vocabulary
from quartet.engine.ports import Message
from services.shop import SHOP
from tests.console.console_fixture import recorded

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
PLACE = Place("", "0")


async def test_repeated_messages_are_not_heard_or_counted_again(tmp_path: Path) -> None:
    """After a reconnect the SDK may deliver what it has delivered before, also in the middle of a batch."""
    events = recorded("samples/recordings/orders.jsonl")[0][:3]
    first, second, third = [
        Message(json.dumps(event).encode(), None, {}, number, str(number), enqueued_at=NOON)
        for number, event in enumerate(events)
    ]
    heard: list[tuple[int, list[int]]] = []

    def hear(_: Place, before: int, messages: Sequence[Message]) -> None:
        heard.append((before, [one.sequence_number for one in messages]))

    projection = SqliteProjection(tmp_path)
    try:
        taking = Taking(
            projection,
            Interpreter(SHOP, SHOP.hubs(), Vocabulary(SHOP)),
            log=structlog.get_logger(),
            note=lambda _: None,
        )
        taking.heard = hear
        for batch in ((first, second), (first, second), (second, third, second, third)):
            await taking.take(PLACE, batch)
        saga = await projection.saga(str(events[0]["subject"]))
    finally:
        await projection.close()
    assert heard == [(-1, [0, 1]), (1, [2])]
    assert saga is not None
    assert saga.summary.events == 3
    assert taking.progress.positions()[PLACE].sequence_number == 2
