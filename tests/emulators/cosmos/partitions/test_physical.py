"""Several physical partitions, as the unmodified SDK sees them: ranges, what is in them, and splits while it reads."""

from collections.abc import AsyncIterable, Callable
from itertools import chain
from pathlib import Path

import pytest
from azure.core.async_paging import AsyncItemPaged
from azure.cosmos import PartitionKey, ThroughputProperties
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.json_text import Json

from tests.emulators.cosmos.clock import Clock
from tests.emulators.cosmos.conftest import connect

THROUGHPUT = 30_000
IDS = sorted(f"{number:03}" for number in range(60))


@pytest.fixture
async def spread(shop: DatabaseProxy) -> ContainerProxy:
    """A container with three physical partitions, and sixty items over sixty keys."""
    return await filled(await shop.create_container("spread", PartitionKey("/pk"), offer_throughput=THROUGHPUT))


async def filled(container: ContainerProxy) -> ContainerProxy:
    for item_id in IDS:
        await container.create_item({"id": item_id, "pk": f"b{item_id}"})
    return container


async def ranges_of(container: ContainerProxy) -> list[dict[str, Json]]:
    return [one async for one in container.read_feed_ranges(force_refresh=True)]


async def ids(found: AsyncIterable[dict[str, Json]]) -> list[str]:
    return [item["id"] async for item in found]


def limits(feed_range: dict[str, Json]) -> tuple[str, str]:
    found = feed_range["Range"]
    return found["min"], found["max"]


async def test_each_ten_thousand_request_units_begun_are_a_partition(shop: DatabaseProxy) -> None:
    for throughput, expected in ((400, 1), (10_000, 1), (10_100, 2), (30_000, 3), (30_001, 4)):
        container = await shop.create_container(f"c{throughput}", PartitionKey("/pk"), offer_throughput=throughput)
        found = [limits(one) for one in await ranges_of(container)]
        assert len(found) == expected
        assert (found[0][0], found[-1][1]) == ("", "FF")
        assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]


async def test_what_may_be_scaled_up_to_counts(shop: DatabaseProxy) -> None:
    most = ThroughputProperties(auto_scale_max_throughput=20_000)
    assert len(await ranges_of(await shop.create_container("c", PartitionKey("/pk"), offer_throughput=most))) == 2


async def test_containers_share_the_throughput_of_their_database(emulator: CosmosEmulator) -> None:
    async with connect(emulator) as client:
        database = await client.create_database("shared", offer_throughput=20_000)
        shares = await database.create_container("shares", PartitionKey("/pk"))
        has_its_own = await database.create_container("own", PartitionKey("/pk"), offer_throughput=400)
        assert [len(await ranges_of(one)) for one in (shares, has_its_own)] == [2, 1]
        await database.replace_throughput(40_000)
        assert [len(await ranges_of(one)) for one in (shares, has_its_own)] == [4, 1]


async def test_more_throughput_splits_and_less_merges_nothing(spread: ContainerProxy) -> None:
    for throughput, expected in ((20_000, 3), (50_000, 5), (400, 5)):
        await spread.replace_throughput(throughput)
        assert len(await ranges_of(spread)) == expected
    assert sorted(await ids(spread.read_all_items())) == IDS


async def test_all_ranges_together_give_every_item_once(spread: ContainerProxy) -> None:
    found = await ranges_of(spread)
    queried = [await ids(spread.query_items("SELECT * FROM c", feed_range=one)) for one in found]
    changed = [await ids(spread.query_items_change_feed(feed_range=one, start_time="Beginning")) for one in found]
    assert len(queried) == 3
    assert all(len(one) > 5 for one in queried)
    assert sorted(chain(*queried)) == IDS
    assert changed == queried
    for one, expected in zip(found, queried, strict=True):
        counted: list[Json] = [row async for row in spread.query_items("SELECT VALUE COUNT(1) FROM c", feed_range=one)]
        assert counted == [len(expected)]


async def test_the_whole_is_read_over_all_partitions(spread: ContainerProxy) -> None:
    assert await ids(spread.query_items("SELECT * FROM c ORDER BY c.id")) == IDS
    counted: list[Json] = [one async for one in spread.query_items("SELECT VALUE COUNT(1) FROM c")]
    assert counted == [len(IDS)]
    assert sorted(await ids(spread.query_items_change_feed(start_time="Beginning"))) == IDS
    assert sorted(await ids(spread.query_items("SELECT * FROM c", feed_range=range_of("", "FF")))) == IDS
    found = await spread.read_items([(item_id, f"b{item_id}") for item_id in IDS])
    assert [item["id"] for item in found] == IDS


def range_of(start: str, end: str) -> dict[str, Json]:
    return {"Range": {"min": start, "max": end, "isMinInclusive": True, "isMaxInclusive": False}}


READERS: dict[str, Callable[[ContainerProxy], AsyncItemPaged[dict[str, Json]]]] = {
    "query": lambda one: one.query_items("SELECT * FROM c", max_item_count=7),
    "sorted query": lambda one: one.query_items("SELECT * FROM c ORDER BY c.id", max_item_count=7),
    "query over ranges": lambda one: one.query_items(
        "SELECT * FROM c", feed_range=range_of("", "FF"), max_item_count=7
    ),
    "read_all_items": lambda one: one.read_all_items(max_item_count=7),
    "change feed": lambda one: one.query_items_change_feed(start_time="Beginning", max_item_count=7),
}
BEGUN_AGAIN = {("query over ranges", 400), ("sorted query", THROUGHPUT)}


@pytest.mark.parametrize(
    ("reader", "throughput"),
    # Not those that the client begins again after a split: see below, and test_merging.py.
    [
        (name, throughput)
        for name in READERS
        for throughput in (400, THROUGHPUT)
        if (name, throughput) not in BEGUN_AGAIN
    ],
)
async def test_a_split_between_pages_loses_and_repeats_nothing(
    shop: DatabaseProxy, emulator: CosmosEmulator, reader: str, throughput: int
) -> None:
    container = await filled(await shop.create_container("split", PartitionKey("/pk"), offer_throughput=throughput))
    found: list[str] = []
    pages = 0
    async for page in READERS[reader](container).by_page():
        found += await ids(page)
        pages += 1
        if pages in {2, 4}:
            split_all(emulator, "split")
    assert sorted(found) == IDS
    assert pages > 7


async def test_a_query_over_one_range_that_is_split_loses_nothing(
    spread: ContainerProxy, emulator: CosmosEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """The client cannot express its place in both halves, says so in its log, and begins the query again."""
    found: list[str] = []
    for one in await ranges_of(spread):
        pages = spread.query_items("SELECT * FROM c", feed_range=one, max_item_count=3).by_page()
        async for page in pages:
            found += await ids(page)
            if len(found) == 3:
                split_all(emulator, "spread")
    assert sorted(set(found)) == IDS
    assert "restarting this feed_range query from the beginning" in caplog.text


async def test_a_continuation_from_before_a_split_is_still_one(
    spread: ContainerProxy, emulator: CosmosEmulator
) -> None:
    assert len(await ids(spread.query_items_change_feed(start_time="Beginning"))) == len(IDS)
    continuation = spread.client_connection.last_response_headers["etag"]
    split_all(emulator, "spread")
    for item_id in IDS[::2]:
        await spread.upsert_item({"id": item_id, "pk": f"b{item_id}", "again": True})
    assert sorted(await ids(spread.query_items_change_feed(continuation=continuation))) == IDS[::2]


async def test_requests_on_one_key_do_not_notice_a_split(spread: ContainerProxy, emulator: CosmosEmulator) -> None:
    await ranges_of(spread)
    split_all(emulator, "spread")
    await spread.patch_item("001", "b001", [{"op": "add", "path": "/n", "value": 1}])
    assert (await spread.read_item("001", "b001"))["n"] == 1
    assert await ids(spread.query_items("SELECT * FROM c", partition_key="b001")) == ["001"]
    assert await ids(spread.query_items_change_feed(partition_key="b001", start_time="Beginning")) == ["001"]
    await spread.execute_item_batch([("delete", ("001",))], "b001")
    assert len(await ids(spread.read_all_items())) == len(IDS) - 1
    assert len(await spread.read_items([(item_id, f"b{item_id}") for item_id in IDS])) == len(IDS) - 1


async def test_the_range_of_a_key_has_its_items(spread: ContainerProxy) -> None:
    ranges = await ranges_of(spread)
    for item_id in IDS[:10]:
        [of_key] = [await spread.feed_range_from_partition_key(f"b{item_id}")]
        holding = [one for one in ranges if await spread.is_feed_range_subset(one, of_key)]
        assert len(holding) == 1
        assert item_id in await ids(spread.query_items("SELECT * FROM c", feed_range=holding[0]))
        named = (await spread.read_item(item_id, f"b{item_id}")).get_response_headers()
        assert named["x-ms-documentdb-partitionkeyrangeid"] == str(ranges.index(holding[0]))
        assert named["x-ms-session-token"].startswith(f"{ranges.index(holding[0])}:-1#")


async def test_hierarchical_keys_are_spread_by_their_first_level(shop: DatabaseProxy, emulator: CosmosEmulator) -> None:
    visits = await shop.create_container("visits", PartitionKey(["/tenant", "/user"]), offer_throughput=THROUGHPUT)
    wanted = {f"t{tenant}": [f"t{tenant}-{user}" for user in range(4)] for tenant in range(12)}
    for tenant, expected in wanted.items():
        for item_id in expected:
            await visits.create_item({"id": item_id, "tenant": tenant, "user": item_id})
    for _ in range(2):
        found = [await ids(visits.query_items("SELECT * FROM c", feed_range=one)) for one in await ranges_of(visits)]
        assert sorted(chain(*found)) == sorted(chain(*wanted.values()))
        assert sum(1 for one in found if one) >= 3
        for tenant, expected in wanted.items():
            assert await ids(visits.query_items("SELECT * FROM c", partition_key=[tenant])) == expected
            changes = visits.query_items_change_feed(partition_key=[tenant], start_time="Beginning")
            assert await ids(changes) == expected
        split_all(emulator, "visits")


async def test_a_restart_keeps_the_ranges(tmp_path: Path, clock: Clock) -> None:
    emulator = CosmosEmulator(tmp_path, clock=clock)
    await emulator.start()
    async with connect(emulator) as client:
        shop = await client.create_database("shop")
        await filled(await shop.create_container("spread", PartitionKey("/pk"), offer_throughput=THROUGHPUT))
    emulator.account.split("shop", "spread", "1")
    before = emulator.account.container("shop", "spread").partitions
    await emulator.stop()
    await emulator.start()
    assert emulator.account.container("shop", "spread").partitions == before
    async with connect(emulator) as client:
        spread = client.get_database_client("shop").get_container_client("spread")
        assert len(await ranges_of(spread)) == 4
        assert sorted(await ids(spread.read_all_items())) == IDS
    await emulator.stop()


def split_all(emulator: CosmosEmulator, container: str) -> None:
    for partition in emulator.account.container("shop", container).partitions.all:
        emulator.account.split("shop", container, partition.id)
