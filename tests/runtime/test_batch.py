"""A batch on its way: its unfinished events, its position, and the position of its partition."""

from datetime import timedelta

import pytest

from quartet.azure.event_hubs.watermark import Watermark
from quartet.engine.batch import Batch, Standing
from quartet.engine.received import Delivered, Delivery, ReceivedBatch
from tests.runtime.fakes import NOON, messages, order_created, reserved
from tests.runtime.test_slow_orders import Work, advance, events

EVENTS = (order_created("o-1"), reserved("o-2"), reserved("o-1", "a"), order_created("o-3"))


def batch() -> Batch:
    some = messages(*EVENTS, start=10)
    sagas: dict[str, list[Delivered]] = {}
    for event, message in zip(EVENTS, some, strict=True):
        sagas.setdefault(event.saga_id, []).append(Delivery(event, message))
    # The order in which the orders came to be known is not that of the partition once they are handled.
    return Batch("3", some, ReceivedBatch({name: sagas[name] for name in ("o-3", "o-1", "o-2")}), NOON)


def standing(sequence_number: int, what: str | None, saga: str | None) -> Standing:
    return Standing("3", sequence_number, what, saga, 62, "the store is away")


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        ((), standing(10, "OrderCreated.v1", "o-1")),
        (("o-1",), standing(11, "InventoryReserved.v1", "o-2")),
        (("o-1", "o-2"), standing(13, "OrderCreated.v1", "o-3")),
        (("o-1", "o-2", "o-3"), standing(10, None, None)),
    ],
)
def test_a_batch_is_at_its_first_unfinished_event(finished: tuple[str, ...], expected: Standing) -> None:
    some = batch()
    some.finished(finished)
    assert some.standing(NOON + timedelta(seconds=61.7), "the store is away") == expected


def test_until_the_quick_orders_are_finished_nothing_of_a_batch_is() -> None:
    some = batch()
    some.finished(["o-1"])
    assert (some.first_unfinished, some.quick.is_set()) == (10, False)
    some.go_slow()
    assert (some.first_unfinished, some.quick.is_set()) == (11, True)
    some.finished(["o-2", "unknown"])
    assert (some.first_unfinished, list(some.open_sagas)) == (13, ["o-3"])


def test_a_closed_batch_has_no_unfinished_event() -> None:
    some = batch()
    some.close()
    assert (some.first_unfinished, some.open_sagas, some.quick.is_set()) == (None, {}, True)


async def test_a_batch_without_running_handlers_has_ended() -> None:
    await batch().finish()


def test_the_first_event_of_a_partition_has_the_number_zero() -> None:
    watermark = Watermark()
    watermark.add(events(0, 1), Work(1))  # type: ignore[arg-type]  # as far as the watermark looks
    assert advance(watermark) == 0


def test_of_finished_batches_the_last_event_is_kept_wherever_they_stand() -> None:
    watermark, first, second = Watermark(), Work(1), Work(5)
    for numbers, work in (((1, 2), first), ((3, 4), Work()), ((5, 6), second), ((7, 8), Work()), ((9, 10), Work())):
        watermark.add(events(*numbers), work)  # type: ignore[arg-type]  # likewise
        assert advance(watermark) is None
    assert len(watermark) == 6, "both that are at work, and the last one behind each of them"
    first.first_unfinished = None
    assert advance(watermark) == 4
    second.first_unfinished = None
    assert advance(watermark) == 10
