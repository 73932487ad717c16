"""Waiting for a server: what the log says and when, what is known of it meanwhile, and how long each pause is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from quartet.engine.declaration.retry_policy import Backoff
from quartet.engine.errors import ConfigurationError, OutageError
from quartet.engine.failures.outage_retry import OutageRetry
from tests.runtime.fakes import NOON
from tests.runtime.whole import Told

AWAY, BUSY = OutageError("the store\nis away"), OutageError("the store is busy")
REFUSED = ConfigurationError("the store refuses the key: set STORE_KEY")
STEP = "commit state"
NO_KEY = "ConfigurationError: the store refuses the key: set STORE_KEY"
LEVELS = {"outage": "warning", "outage lasts": "error", "waiting for a person": "error", "outage over": "warning"}


@dataclass
class Server:
    """Fails with these errors, one after the other, each `apart` from the one before, and answers then."""

    errors: Sequence[Exception]
    apart: timedelta = timedelta(seconds=20)
    now: datetime = NOON
    slept: list[float] = field(default_factory=list)
    seen: list[tuple[str, str, bool, float]] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        self.left = list(self.errors)
        self.outage_retry = OutageRetry(Backoff(1, 4), self._sleep, random.Random(7), self.told.log, lambda: self.now)

    async def ask(self) -> str:
        if self.left:
            raise self.left.pop(0)
        return "done"

    async def retry(self) -> str:
        return await self.outage_retry.retry(STEP, self.ask)

    async def _sleep(self, seconds: float) -> None:
        """What is known of the outage while it lasts."""
        self.slept.append(seconds)
        self.seen += [
            (outage.doing, outage.error, outage.needs_a_person, (outage.since - NOON).total_seconds())
            for outage in self.outage_retry.outages
        ]
        self.now += self.apart

    @property
    def lines(self) -> list[tuple[str, dict[str, object]]]:
        """The lines of the log, each at its level and about the step, with what else they say."""
        for level, text, fields in self.told.lines:
            assert level == LEVELS[text]
            assert fields.pop("doing") == STEP
        return [(text, fields) for _, text, fields in self.told.lines]


async def test_a_step_that_works_immediately_logs_nothing() -> None:
    server = Server([])
    assert await server.retry() == "done"
    assert (server.lines, server.slept, server.outage_retry.outages) == ([], [], set())


async def test_an_outage_is_logged_when_it_begins_and_when_it_is_over() -> None:
    server = Server([AWAY, BUSY], apart=timedelta(seconds=1.6))
    assert await server.retry() == "done"
    assert server.lines == [("outage", {"error": "OutageError: the store is away"}), ("outage over", {"seconds": 3})]


async def test_an_outage_that_lasts_is_logged_once_a_minute() -> None:
    server = Server([AWAY] * 3 + [BUSY] * 4)
    assert await server.retry() == "done"
    away, busy = {"error": "OutageError: the store is away"}, {"error": "OutageError: the store is busy"}
    assert server.lines == [
        ("outage", away),
        ("outage lasts", {**busy, "seconds": 60}),
        ("outage lasts", {**busy, "seconds": 120}),
        ("outage over", {"seconds": 140}),
    ]


async def test_a_configuration_error_is_logged_immediately_and_every_minute() -> None:
    server = Server([REFUSED] * 4)
    assert await server.retry() == "done"
    assert server.lines == [
        ("waiting for a person", {"error": NO_KEY, "seconds": 0}),
        ("waiting for a person", {"error": NO_KEY, "seconds": 60}),
        ("outage over", {"seconds": 80}),
    ]


async def test_an_outage_that_becomes_a_configuration_error_is_logged_immediately() -> None:
    server = Server([AWAY, REFUSED, BUSY])
    assert await server.retry() == "done"
    assert server.lines == [
        ("outage", {"error": "OutageError: the store is away"}),
        (
            "waiting for a person",
            {"error": NO_KEY, "seconds": 20},
        ),
        ("outage", {"error": "OutageError: the store is busy"}),
        ("outage over", {"seconds": 60}),
    ]


async def test_while_it_lasts_it_is_known_with_its_latest_error_and_its_beginning() -> None:
    server = Server([AWAY, BUSY, REFUSED, AWAY])
    await server.retry()
    assert server.seen == [
        (STEP, "OutageError: the store is away", False, 0),
        (STEP, "OutageError: the store is busy", False, 0),
        (STEP, NO_KEY, True, 0),
        (STEP, "OutageError: the store is away", False, 0),
    ]
    assert server.outage_retry.outages == set()


async def test_the_pauses_grow_up_to_the_longest_and_the_next_step_begins_with_the_first() -> None:
    server = Server([AWAY] * 5)
    await server.retry()
    longest = [1, 2, 4, 4, 4]
    assert all(most / 2 <= pause <= most for pause, most in zip(server.slept, longest, strict=True))
    server.left.append(AWAY)
    await server.retry()
    assert 0.5 <= server.slept[-1] <= 1


async def test_an_error_that_is_not_an_outage_ends_the_wait() -> None:
    server = Server([AWAY, ZeroDivisionError("a spoon in the gears")])
    with pytest.raises(ZeroDivisionError):
        await server.retry()
    assert server.outage_retry.outages == set()
    assert [text for text, _ in server.lines] == ["outage"]


async def test_the_time_of_outages_is_counted_by_step_also_while_one_lasts() -> None:
    server = Server([AWAY, AWAY, AWAY])
    during: list[dict[str, float]] = []

    async def sleep(seconds: float) -> None:
        await Server._sleep(server, seconds)  # noqa: SLF001 -- the bench's own
        during.append(server.outage_retry.seconds())

    server.outage_retry = OutageRetry(Backoff(1, 4), sleep, random.Random(7), server.told.log, lambda: server.now)
    await server.retry()
    assert during == [{STEP: 20.0}, {STEP: 40.0}, {STEP: 60.0}]
    assert server.outage_retry.seconds() == {STEP: 60.0}
    server.left = [AWAY]
    await server.retry()
    assert server.outage_retry.seconds() == {STEP: 80.0}
