"""What every store of the projection finds, whichever it is."""

import pytest

from quartet.console.projection.port import Projection
from quartet.console.projection.query import Query
from tests.console.stores.asking import LONG_AGO, found, looked_up
from tests.console.stores.facts import MINUTE, batch, cancelled, fact, taken


async def test_a_search_finds_by_the_beginning_of_an_id_or_a_term(projection: Projection) -> None:
    await projection.take(batch(*taken("trip-1", 1, terms=[("hotel_id", "Grand-7")]), *cancelled("tour-2", 4)))
    assert await found(projection, "") == ["tour-2", "trip-1"]
    assert await found(projection, "trip") == ["trip-1"]
    assert await found(projection, "TRIP-1") == ["trip-1"]
    assert await found(projection, "gran") == ["trip-1"]
    assert await found(projection, "hotel_id:grand-7") == ["trip-1"]
    assert await found(projection, "traveller_id:grand-7") == []
    assert await found(projection, "rip-1") == []
    assert await found(projection, "id:to") == ["tour-2"]
    assert await found(projection, "reason:sold") == ["tour-2"]
    assert await found(projection, "trip grand traveller_id:t-1") == ["trip-1"]
    assert await found(projection, "trip sold") == []


async def test_a_search_finds_by_status_and_time(projection: Projection) -> None:
    await projection.take(batch(*taken("trip-1", 1), *cancelled("trip-2", 4), fact("trip-3", "TripBooked.v1", 30)))
    await projection.take(batch(fact("trip-4", "TripBooked.v1", 40), fact("trip-4", "SeatRefused.v1", 41)))
    assert await found(projection, "status:open") == ["trip-3"]
    assert await found(projection, "status:compensating") == ["trip-4"]
    assert await found(projection, "status:ended") == ["trip-1"]
    assert await found(projection, "status:failed") == ["trip-2"]
    assert await found(projection, "status:tripcancelled") == ["trip-2"]
    just_before = MINUTE * 60_000 + 35_000
    assert await found(projection, "status:stuck", stuck_before=just_before) == ["trip-3"]
    assert (await projection.totals(just_before)).stuck == 1
    middle = MINUTE * 60_000 + 30_000
    later = await looked_up(projection, Query(after=middle))
    assert [one.id for one in later.sagas] == ["trip-4", "trip-3"]
    earlier = await looked_up(projection, Query(before=middle))
    assert [one.id for one in earlier.sagas] == ["trip-2", "trip-1"]


async def test_pages_follow_each_other_without_a_gap(projection: Projection) -> None:
    at = MINUTE * 60_000
    await projection.take(batch(*(fact(f"trip-{n:02}", "TripBooked.v1", n, at=at + n // 3) for n in range(1, 24))))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await projection.search(Query(), stuck_before=LONG_AGO, limit=5, cursor=cursor)
        seen += [summary.id for summary in page.sagas]
        if page.next is None:
            break
        cursor = page.next
    assert seen == [f"trip-{n:02}" for n in range(23, 0, -1)]
    for wrong in ("x", "1.", "-1.a", "1" * 30 + ".a"):
        with pytest.raises(ValueError, match="cursor"):
            await projection.search(Query(), stuck_before=LONG_AGO, limit=5, cursor=wrong)
