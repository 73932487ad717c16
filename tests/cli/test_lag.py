"""How far services are behind, and which are stalled: judged by checkpoints, owners and the oldest events."""

from datetime import UTC, datetime, timedelta

import pytest

from quartet.cli.doctor.check import Status
from quartet.cli.doctor.lag import judge_service
from quartet.cli.lag.checkpoints import Progress
from quartet.cli.lag.lag import (
    Head,
    Lag,
    Place,
    Standstill,
    behind,
    in_words,
    judge,
    oldest,
    standstill_json,
    standstill_lines,
)
from quartet.cli.lag.reading import Ends, View

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LIMIT = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


def place(checkpoint: int | None = None, *, first: int = 0, last: int = 99, **known: object) -> Place:
    return Place("payment", "2", first, last, checkpoint, **({"is_owned": True} | known))  # type: ignore[arg-type]  # by name


def head(waited: timedelta, number: int = 0) -> Head:
    return Head(number, "InventoryReserved.v1", "ord-1", NOON - waited)


@pytest.mark.parametrize(
    ("checkpoint", "first", "last", "following", "waiting"),
    [
        (5, 0, 5, 6, 0),
        (5, 0, 99, 6, 94),
        (None, 0, 99, 0, 100),  # without a checkpoint everything waits
        (None, 40, 99, 40, 60),  # as far as the hub still has it
        (5, 40, 99, 40, 60),  # what the hub has forgotten does not wait
        (None, 100, 99, 100, 0),  # an empty partition
        (120, 0, 99, 121, 0),  # a checkpoint of another hub
    ],
)
def test_waiting_events_are_counted_from_the_checkpoint_or_from_the_first_event(
    checkpoint: int | None, first: int, last: int, following: int, waiting: int
) -> None:
    where = place(checkpoint, first=first, last=last)
    assert (where.next, where.waiting) == (following, waiting)


@pytest.mark.parametrize(
    ("waited", "written", "expected"),
    [
        (61 * SECOND, None, True),
        (60 * SECOND, None, False),
        (61 * SECOND, 61 * SECOND, True),
        (timedelta(hours=1), 60 * SECOND, False),  # works off a backlog
        (timedelta(hours=1), SECOND, False),
        (SECOND, timedelta(hours=1), False),  # an idle partition with a new event
    ],
)
def test_a_partition_is_stalled_if_neither_its_oldest_event_nor_its_checkpoint_is_young(
    waited: timedelta, written: timedelta | None, expected: bool
) -> None:
    known = place(written=NOON - written) if written is not None else place()
    assert Lag(known, head(waited)).is_stalled(NOON, LIMIT) is expected
    assert bool(judge([Lag(known, head(waited))], NOON, LIMIT).standing) is expected


def test_a_partition_without_waiting_events_is_not_stalled() -> None:
    assert judge([Lag(place(99))], NOON, LIMIT) == Standstill()


def test_a_stalled_partition_names_its_oldest_event() -> None:
    found = judge([Lag(place(), head(timedelta(minutes=5), 7))], NOON, LIMIT)
    assert "".join(standstill_lines(found)) == (
        "partition 2 is stalled for payment at event 7, InventoryReserved.v1 of ord-1, which has waited for 5 min; "
        "100 are waiting"
    )
    [told] = standstill_json(found)["partitions"]
    assert (told["service"], told["partition"], told["sequence_number"], told["type"], told["subject"]) == (
        "payment",
        "2",
        7,
        "InventoryReserved.v1",
        "ord-1",
    )
    assert (told["age_seconds"], told["waiting"]) == (300, 100)


def test_a_service_without_an_owner_of_any_partition_does_not_run_also_if_nothing_waits() -> None:
    idle = Lag(Place("shipping", "0", 0, -1))
    partly = [Lag(place(99, is_owned=False)), Lag(place(99))]
    found = judge([idle, *partly], NOON, LIMIT)
    assert found.silent == (("shipping", 0),)
    assert not found.is_well
    assert standstill_lines(found) == [
        "shipping does not run: none of its partitions has an owner; 0 events are waiting"
    ]


@pytest.mark.parametrize(
    ("owner", "renewed", "expected"),
    [("replica-1", SECOND, True), ("replica-1", 12 * SECOND, False), ("", SECOND, False), ("replica-1", None, False)],
)
def test_an_ownership_that_has_expired_or_was_given_back_is_none(
    owner: str, renewed: timedelta | None, expected: bool
) -> None:
    known = Progress(owner=owner, renewed=None if renewed is None else NOON - renewed)
    (where,) = View({"payment": {"2": known}}, {"2": Ends(0, 5, NOON)}).places(NOON - 12 * SECOND)
    assert where.is_owned is expected


def test_every_partition_of_every_service_has_a_place_and_a_checkpoint_at_the_beginning_is_none() -> None:
    view = View(
        {"payment": {"0": Progress(-1), "1": Progress(3)}, "order": {}}, {"0": Ends(0, 9, NOON), "1": Ends(2, 9, NOON)}
    )
    places = view.places(NOON)
    assert [(one.service, one.partition, one.waiting) for one in places] == [
        ("payment", "0", 10),
        ("payment", "1", 6),
        ("order", "0", 10),
        ("order", "1", 8),
    ]
    assert behind((Lag(one) for one in places), "order") == 18


def test_the_oldest_of_all_partitions_counts() -> None:
    lags = [Lag(place(), head(3 * SECOND)), Lag(place(), head(9 * SECOND)), Lag(place(99))]
    assert oldest(lags, "payment", NOON) == 9 * SECOND
    assert oldest(lags, "order", NOON) == timedelta(0)


@pytest.mark.parametrize(
    ("lag", "status", "words"),
    [
        (Lag(place(99)), Status.OK, "0 events behind"),
        (Lag(place(), head(3 * SECOND)), Status.OK, "100 events behind, the oldest for 3 s"),
        (Lag(place(), head(61 * SECOND)), Status.FAILED, "partition 2 is stalled"),
        (
            Lag(place(written=NOON), head(61 * SECOND)),
            Status.FAILED,
            "too slow: 100 events behind, the oldest for 61 s",
        ),
        (Lag(place(99, is_owned=False)), Status.FAILED, "it does not run"),
        (Lag(place(is_owned=False), head(3 * SECOND)), Status.FAILED, "100 events behind"),
        (Lag(place(is_owned=False), head(61 * SECOND, 7)), Status.FAILED, "is stalled for payment at event 7"),
    ],
)
def test_lag_silence_and_a_standing_partition_are_failures(lag: Lag, status: Status, words: str) -> None:
    verdict = judge_service("payment", [lag], judge([lag], NOON, LIMIT), lag.age(NOON), LIMIT)
    assert verdict.status is status
    assert words in verdict.detail
    assert bool(verdict.hint) is (status is Status.FAILED)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (42 * SECOND, "42 s"),
        (timedelta(minutes=7), "7 min"),
        (timedelta(hours=3.5), "3.5 h"),
        (timedelta(days=90.2), "90 d"),
    ],
)
def test_ages_are_short(age: timedelta, words: str) -> None:
    assert in_words(age) == words
