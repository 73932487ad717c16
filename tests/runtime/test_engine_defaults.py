"""The defaults of an engine."""

import random
from dataclasses import replace
from itertools import islice

from structlog.testing import capture_logs

from quartet.engine.declaration.participant import Participant
from quartet.engine.declaration.retry_policy import Backoff, RetryPolicy
from quartet.engine.engine import Engine
from quartet.engine.errors import OutageError, TransientError
from tests.runtime.fakes import DESK_SERVICE, NOON, Bench, Desk, Parcel, messages, order_created, reserved
from tests.runtime.whole import PARTITION

QUICK = RetryPolicy(2, backoff=Backoff(0.001, 0.001), outage_backoff=Backoff(0.001, 0.001))


def plain_engine(bench: Bench, participant: Participant[Parcel, Desk] = DESK_SERVICE) -> Engine[Parcel]:
    return Engine(
        participant,
        ports=bench.desk,
        store=bench.records,
        publisher=bench.hub,
        dead_letters=bench.dead,
        buckets=16,
        now=lambda: NOON,
    )


def test_an_engine_says_whose_it_is() -> None:
    assert plain_engine(Bench()).participant is DESK_SERVICE


async def test_a_participant_says_itself_how_often_it_is_tried() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy")] * 2
    await plain_engine(bench, replace(DESK_SERVICE, retry=QUICK)).process(PARTITION, messages(reserved("o-1")))
    assert [(letter.reason, letter.attempts) for letter in bench.dead.letters] == [("retries_used_up", 2)]


async def test_the_log_names_the_service() -> None:
    with capture_logs() as lines:
        await plain_engine(Bench()).process(PARTITION, messages(order_created("o-1")))
    assert [(line["event"], line["service"], line["outcome"]) for line in lines] == [
        ("OrderCreated.v1", "desk", "opened")
    ]


async def test_a_saga_is_opened_without_a_look_at_the_store_and_read_otherwise() -> None:
    bench = Bench()
    await plain_engine(bench).process(PARTITION, messages(order_created("o-1"), reserved("o-2")))
    assert bench.records.loads == [{"o-2"}]


async def test_pauses_follow_the_chance_and_the_backoff_that_the_engine_was_given() -> None:
    bench = Bench()
    bench.desk.failures = [TransientError("busy"), TransientError("busy")]
    await bench.engine().process(PARTITION, messages(reserved("o-1")))
    assert len(bench.slept) == 2
    bench.desk.failures = [OutageError("away")] * 6
    await bench.engine().process(PARTITION, messages(reserved("o-2")))
    # One run of delays each, from the same seed.
    delays = list(islice(Backoff(0.1, 1).delays(random.Random(7)), 6))
    assert (bench.slept[:2], bench.slept[2:]) == (delays[:2], delays)
