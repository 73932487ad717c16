"""Memory is sampled during a load, and growth is what remains when caches are full."""

import asyncio
from itertools import count

import pytest

from quartet.cli.bench.memory import LEAST_SECONDS, Sample, growth, sampling

MB = 1_000_000


def samples(*megabytes: float, every: int = 60) -> list[Sample]:
    return [Sample(1000.0 + every * number, {"baker": int(MB * size)}) for number, size in enumerate(megabytes)]


def test_memory_that_stays_does_not_grow() -> None:
    assert growth(samples(70, 70, 70, 70)) == {"baker": 0}


def test_the_growth_of_a_minute_is_sixty_times_as_much_in_an_hour() -> None:
    assert growth(samples(70, 71, 72, 73)) == {"baker": pytest.approx(60 * MB)}
    assert growth(samples(73, 72, 71, 70)) == {"baker": pytest.approx(-60 * MB)}


def test_the_first_half_fills_caches_and_does_not_count() -> None:
    assert growth(samples(10, 50, 80, 90, 90, 90, 90, 90)) == {"baker": pytest.approx(0)}


def test_one_high_sample_at_the_end_is_not_the_growth() -> None:
    """From the first to the last sample of the second half it would be 750 MB an hour."""
    assert growth(samples(*[90] * 9, 140)) == {"baker": pytest.approx(600 * MB)}


def test_a_short_load_says_nothing_about_growth() -> None:
    assert growth(samples(10, 20, every=LEAST_SECONDS - 1)) == {}
    assert growth(samples(10)) == {}
    assert growth(samples(10, 20, every=LEAST_SECONDS)) == {}  # the second half has one sample
    assert growth(samples(10, 20, 30, every=LEAST_SECONDS // 2)) != {}


async def test_the_beginning_and_the_end_are_sampled_and_what_lies_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quartet.cli.bench.memory._EVERY_SECONDS", 0)
    moments = count()
    looked = asyncio.Event()

    def look() -> Sample:
        number = next(moments)
        if number == 3:
            looked.set()
        return Sample(number, {"baker": MB})

    async with sampling(look) as found:
        assert [one.at for one in found] == [0]
        await looked.wait()
    assert [one.at for one in found] == list(range(len(found)))
    assert len(found) >= 5


async def test_a_look_that_fails_is_an_error_of_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be read meanwhile must not be taken for flat memory, also if it can be read at the end."""
    monkeypatch.setattr("quartet.cli.bench.memory._EVERY_SECONDS", 0)
    moments = count()
    failed = asyncio.Event()

    def look() -> Sample:
        if (number := next(moments)) == 1:
            failed.set()
            raise ProcessLookupError(f"look {number}")
        return Sample(number, {"baker": MB})

    with pytest.raises(ProcessLookupError, match="look 1"):
        async with sampling(look):
            await failed.wait()
