"""What every store of the projection does, whichever it is."""

import pytest

from quartet.console.projection.facts import KEPT_EVENTS, Position
from quartet.console.projection.port import Projection
from quartet.console.projection.summary import BEGAN, COMPENSATED, COMPENSATION_ENDED, ENDED
from tests.console.stores.asking import LONG_AGO, everything, figures, found
from tests.console.stores.conftest import Opening
from tests.console.stores.facts import FROM_OUTSIDE, MAIN, MINUTE, OTHER, batch, cancelled, fact, taken


async def test_nothing_is_known_at_first(projection: Projection) -> None:
    totals = await projection.totals(LONG_AGO)
    assert (totals.sagas, totals.open, totals.compensating, totals.stuck, totals.strays) == (0, 0, 0, 0, 0)
    assert dict(totals.ended) == {}
    assert dict(await projection.positions()) == {}
    assert await projection.saga("t-1") is None
    assert await found(projection, "") == []


async def test_a_saga_comes_back_with_its_events_in_order(projection: Projection) -> None:
    events = taken("trip-1", 1)
    await projection.take(batch(*events))
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert [one.key for one in saga.facts] == [one.key for one in events]
    assert [(one.type, one.label, one.kind, one.causation_id) for one in saga.facts] == [
        (one.type, one.label, one.kind, one.causation_id) for one in events
    ]
    assert (saga.summary.phase, saga.summary.status, saga.summary.events) == ("ended", "TripTaken", 3)
    assert await projection.saga("trip-2") is None


async def test_the_message_of_an_event_is_kept_as_it_came(projection: Projection) -> None:
    first = fact("trip-1", "TripBooked.v1", 1, body=b'{"to": "Gent"}' * 40)
    second = fact("trip-1", "RoomReserved.v1", 2, body=b"\xff\x00")
    await projection.take(batch(first))
    await projection.take(batch(second))
    for one in (first, second):
        assert await projection.raw("trip-1", one.key) == one.raw
    assert await projection.raw("trip-1", first.key._replace(sequence_number=7)) is None
    assert await projection.raw("trip-2", first.key) is None


async def test_all_messages_of_a_saga_come_in_order_without_those_of_others(projection: Projection) -> None:
    """Those of other sagas may be stored together with them."""
    late = fact("trip-1", "RoomReserved.v1", 3, body=b"\xff\x00")
    early = fact("trip-1", "TripBooked.v1", 1, place=OTHER, body=b'{"to": "Gent"}' * 40)
    others = [fact(f"trip-{n}", "TripBooked.v1", n) for n in range(4, 40)]
    await projection.take(batch(late, *others))
    await projection.take(batch(early, place=OTHER))
    assert [*(await projection.raws("trip-1")).items()] == [(early.key, early.raw), (late.key, late.raw)]
    assert await projection.raws("trip-99") == {}


async def test_positions_are_those_of_the_batches(projection: Projection) -> None:
    await projection.take(batch(*taken("trip-1", 1)))
    await projection.take(batch(place=OTHER, upto=9, strays=2))
    positions = await projection.positions()
    assert {place: position.sequence_number for place, position in positions.items()} == {MAIN: 3, OTHER: 9}
    assert positions[MAIN] == Position(3, (MINUTE * 60 + 3) * 1000)
    assert (await projection.totals(LONG_AGO)).strays == 2


async def test_a_batch_that_is_delivered_again_changes_nothing(projection: Projection) -> None:
    once = batch(*taken("trip-1", 1), *cancelled("trip-2", 4), strays=1)
    await projection.take(once)
    before = await everything(projection)
    await projection.take(once)
    await projection.take(batch(*taken("trip-1", 1)))
    assert await everything(projection) == before


async def test_of_a_batch_that_overlaps_only_the_rest_counts(projection: Projection) -> None:
    events = taken("trip-1", 1)
    await projection.take(batch(*events[:2]))
    await projection.take(batch(*events))
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert (saga.summary.events, len(saga.facts)) == (3, 3)


async def test_the_order_in_which_places_are_read_does_not_matter(opening: Opening) -> None:
    """Two hubs are read side by side, and the answer may be read before its cause."""
    asked = fact("trip-1", "TripBooked.v1", 1, place=FROM_OUTSIDE, at=MINUTE * 60_000, terms=[("traveller_id", "t-9")])
    answered = fact("trip-1", "RoomReserved.v1", 5, cause="trip-1-TripBooked.v1")
    projection = await opening()
    await projection.take(batch(answered))
    await projection.take(batch(asked, place=FROM_OUTSIDE))
    late = await figures(projection)
    assert await found(projection, "t-9") == ["trip-1"]
    await projection.clear({})
    await projection.take(batch(asked, place=FROM_OUTSIDE))
    await projection.take(batch(answered))
    early = await figures(projection)
    assert late[:2] == early[:2]
    assert late[0].open == 1
    assert late[1] == {MINUTE: {BEGAN: 1}}


async def test_the_figures_are_those_of_the_sagas(projection: Projection) -> None:
    await projection.take(batch(*taken("trip-1", 1), *cancelled("trip-2", 4)))
    await projection.take(batch(fact("trip-3", "TripBooked.v1", 70), fact("trip-4", "TripBooked.v1", 71)))
    await projection.take(batch(fact("trip-4", "SeatRefused.v1", 72)))
    totals = await projection.totals(LONG_AGO)
    assert (totals.sagas, totals.open, totals.compensating) == (4, 1, 1)
    assert dict(totals.ended) == {"TripTaken.v1": 1, "TripCancelled.v1": 1}
    marks = await projection.marks(MINUTE - 1, MINUTE + 1)
    assert {minute: {name: count for name, count in some.items() if count} for minute, some in marks.items()} == {
        MINUTE: {
            BEGAN: 2,
            ENDED + "TripTaken.v1": 1,
            ENDED + "TripCancelled.v1": 1,
            COMPENSATED: 1,
            COMPENSATION_ENDED: 1,
        },
        MINUTE + 1: {BEGAN: 2, COMPENSATED: 1},
    }
    assert not await projection.marks(MINUTE + 2, MINUTE + 3)


async def test_a_step_is_as_long_as_the_answer_took(projection: Projection) -> None:
    booked, reserved, taken_ = taken("trip-1", 1)
    await projection.take(batch(booked))
    await projection.take(batch(reserved, taken_))
    steps = {(step.cause, step.answer): step for step in await projection.steps(MINUTE)}
    assert steps.keys() == {("TripBooked.v1", "RoomReserved.v1"), ("RoomReserved.v1", "TripTaken.v1")}
    assert {sum(step.counts.values()) for step in steps.values()} == {1}
    assert not await projection.steps(MINUTE + 1)


async def test_a_repeated_answer_is_no_second_step(projection: Projection) -> None:
    booked, reserved, _ = taken("trip-1", 1)
    repeat = fact("trip-1", "RoomReserved.v1", 9, cause=booked.event_id)
    await projection.take(batch(booked, reserved))
    await projection.take(batch(repeat))
    (step,) = await projection.steps(MINUTE)
    assert sum(step.counts.values()) == 1


async def test_an_event_without_effect_is_shown_and_counts_for_nothing(projection: Projection) -> None:
    await projection.take(batch(fact("trip-1", "TripTaken.v1", 1, problem="has no effect: wrong author")))
    totals = await projection.totals(LONG_AGO)
    assert (totals.sagas, totals.open, dict(totals.ended)) == (1, 0, {})
    await projection.take(batch(fact("trip-1", "TripBooked.v1", 2)))
    assert (await projection.totals(LONG_AGO)).open == 1
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert [one.problem for one in saga.facts] == ["has no effect: wrong author", ""]


async def test_a_saga_with_very_many_events_stays_bounded(projection: Projection) -> None:
    many = [fact("trip-1", "RoomReserved.v1", n, event_id=f"e-{n}") for n in range(1, KEPT_EVENTS + 31)]
    await projection.take(batch(*many[:500]))
    await projection.take(batch(*many[500:]))
    saga = await projection.saga("trip-1")
    assert saga is not None
    assert saga.summary.events == KEPT_EVENTS + 30
    assert len(saga.facts) == KEPT_EVENTS
    assert await projection.raw("trip-1", many[-1].key) is None
    assert await projection.raws("trip-1") == {one.key: one.raw for one in many[:KEPT_EVENTS]}


async def test_large_events_are_kept(projection: Projection) -> None:
    """More than one transaction of Cosmos DB takes."""
    many = [fact(f"trip-{n % 3}", "RoomReserved.v1", n, event_id=f"e-{n}", body=bytes(60_000)) for n in range(1, 61)]
    await projection.take(batch(*many))
    assert (await projection.totals(LONG_AGO)).sagas == 3
    assert await projection.raw(many[-1].saga, many[-1].key) == many[-1].raw


@pytest.mark.parametrize("saga", ["trip/1", "a\\b?#c", "\x00\x07", "ÄÖ" * 200, "'; DROP", "%2F", "trip 1"])
async def test_any_text_may_be_the_id_of_a_saga(projection: Projection, saga: str) -> None:
    event = fact(saga, "TripBooked.v1", 1)
    await projection.take(batch(event))
    found_saga = await projection.saga(saga)
    assert found_saga is not None
    assert found_saga.summary.id == saga
    assert await projection.raw(saga, event.key) == event.raw


async def test_everything_is_there_after_a_restart(opening: Opening) -> None:
    projection = await opening()
    await projection.take(batch(*taken("trip-1", 1), *cancelled("trip-2", 4), strays=3))
    before = await everything(projection)
    again = await opening()
    assert await everything(again) == before
    await again.take(batch(fact("trip-3", "TripBooked.v1", 8)))
    assert (await again.totals(LONG_AGO)).sagas == 3


async def test_what_is_cleared_is_gone_and_can_be_read_again(opening: Opening) -> None:
    projection = await opening()
    events = batch(*taken("trip-1", 1), *cancelled("trip-2", 4), strays=3)
    await projection.take(events)
    before = await everything(projection)
    await projection.clear({"trips": "2025-02-19T00:00:00Z"})
    assert await projection.made_at() == {"trips": "2025-02-19T00:00:00Z"}
    assert (await projection.totals(LONG_AGO)).sagas == 0
    assert await projection.saga("trip-1") is None
    assert await found(projection, "") == []
    projection = await opening()
    assert dict(await projection.positions()) == {}
    await projection.take(events)
    assert await everything(projection) == before
