"""Records in Cosmos DB: group commit, and conflicts that cost the loser alone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import in_time
from quartet.azure.cosmos.records import CosmosRecords
from quartet.engine.errors import OutageError
from quartet.engine.records.record import Json, Record
from quartet.events import bucket_of
from tests.cosmos_fixture import Cosmos, running_cosmos
from tests.runtime.fakes import Parcel

ANSWER = {"type": "OrderCompleted.v1", "id": "a-1", "data": {"total": "1.10"}}


@pytest.fixture
async def cosmos(tmp_path: Path) -> AsyncIterator[Cosmos]:
    async with running_cosmos(tmp_path) as running:
        yield running


@pytest.fixture
async def records(cosmos: Cosmos) -> CosmosRecords[Parcel]:
    return CosmosRecords(await cosmos.container("parcels"), Parcel, buckets=16)


def new_record(order_id: str, seen: int = 1) -> Record[Parcel]:
    return Record(order_id, bucket_of(order_id, 16), Parcel(seen, "ada"), {"cause-1": (ANSWER,)}, "3")


def in_bucket(bucket: str, count: int) -> list[str]:
    """Order ids that share a bucket."""
    found = (f"o-{n}" for n in range(100_000) if bucket_of(f"o-{n}", 16) == bucket)
    return [next(found) for _ in range(count)]


async def test_a_record_comes_back_as_it_was_written(records: CosmosRecords[Parcel]) -> None:
    record = new_record("o-1")
    etags = await records.commit([record])
    assert await records.load(["o-1", "unknown"]) == {"o-1": replace(record, etag=etags["o-1"])}


async def test_the_orders_of_a_bucket_commit_in_one_request(cosmos: Cosmos, records: CosmosRecords[Parcel]) -> None:
    ids = in_bucket("7", 60)
    etags = await records.commit([new_record(order_id) for order_id in ids])
    assert set(etags) == set(ids)
    assert cosmos.requests("batch") == 1


async def test_what_several_partitions_commit_meanwhile_goes_together(
    cosmos: Cosmos, records: CosmosRecords[Parcel]
) -> None:
    ids = in_bucket("7", 12)
    commits = [asyncio.create_task(records.commit([new_record(ids[0])]))]
    while not cosmos.requests("batch"):  # noqa: ASYNC110 -- the server has nothing that tells of it
        await asyncio.sleep(0)
    commits += [asyncio.create_task(records.commit([new_record(order_id)])) for order_id in ids[1:]]
    assert {order_id for etags in await asyncio.gather(*commits) for order_id in etags} == set(ids)
    assert cosmos.requests("batch") == 2


async def test_of_two_first_records_of_a_saga_one_is_written(records: CosmosRecords[Parcel]) -> None:
    first, second = await asyncio.gather(*(records.commit([new_record("o-1", seen)]) for seen in (1, 2)))
    assert (set(first), set(second)) == ({"o-1"}, set())
    assert (await records.load(["o-1"]))["o-1"].state == Parcel(1, "ada")


async def test_a_bucket_of_more_than_a_hundred_takes_as_few_as_the_limit_allows(
    cosmos: Cosmos, records: CosmosRecords[Parcel]
) -> None:
    await records.commit([new_record(order_id) for order_id in in_bucket("7", 201)])
    assert cosmos.requests("batch") == 3


# aiohttp warns of large bodies in memory; ours have a bound.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_batches_keep_the_limit_of_two_megabytes(cosmos: Cosmos, records: CosmosRecords[Parcel]) -> None:
    thick: dict[str, tuple[Json, ...]] = {"cause-1": ({"data": "x" * 700_000},)}
    etags = await records.commit([replace(new_record(order_id), handled=thick) for order_id in in_bucket("7", 5)])
    assert len(etags) == 5
    assert cosmos.requests("batch") == 3


async def test_any_number_of_records_is_loaded_in_one_query(cosmos: Cosmos, records: CosmosRecords[Parcel]) -> None:
    ids = [f"o-{n}" for n in range(150)]
    await records.commit([new_record(order_id) for order_id in ids])
    assert set(await records.load(ids)) == set(ids)
    assert cosmos.requests("query") == 1


async def test_an_order_with_a_conflict_is_left_out_and_the_others_are_written(
    cosmos: Cosmos, records: CosmosRecords[Parcel]
) -> None:
    ids = in_bucket("7", 40)
    known = ids[::2]
    await records.commit([new_record(order_id) for order_id in known])
    stale = replace(new_record(known[0]), etag='"of long ago"')

    before = cosmos.requests("batch")
    etags = await records.commit([stale, *(new_record(order_id, seen=2) for order_id in ids[1:])])

    assert set(etags) == set(ids[1::2])
    loaded = await records.load(ids)
    assert {order_id for order_id, record in loaded.items() if record.state == Parcel(1, "ada")} == set(known)
    assert cosmos.requests("batch") - before == 2, "the losers are found together, not one attempt each"


async def test_an_order_with_the_newest_version_is_replaced_beside_a_loser(records: CosmosRecords[Parcel]) -> None:
    lost, won, opened = in_bucket("7", 3)
    etags = await records.commit([new_record(order_id) for order_id in (lost, won)])
    stale, fresh = (replace(new_record(order_id, seen=2), etag=etags[order_id]) for order_id in (lost, won))
    await records.commit([replace(stale, state=Parcel(7))])
    written = await records.commit([stale, fresh, new_record(opened, seen=2)])
    assert set(written) == {won, opened}
    states = {order_id: record.state for order_id, record in (await records.load([lost, won, opened])).items()}
    assert states == {lost: Parcel(7), won: Parcel(2, "ada"), opened: Parcel(2, "ada")}


class Watched:
    """A container that notes which partition each query asks."""

    def __init__(self, container: ContainerProxy) -> None:
        self.container = container
        self.asked: list[object] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the container has
        return getattr(self.container, name)

    def query_items(self, query: str, **options: Any) -> Any:  # noqa: ANN401 -- as the container's own
        self.asked.append(options.get("partition_key"))
        return self.container.query_items(query, **options)


async def test_losers_are_looked_for_in_their_own_bucket_alone(cosmos: Cosmos) -> None:
    """Without its partition key, a query asks every partition, and costs as much."""
    watched: Any = Watched(await cosmos.container("parcels"))
    records = CosmosRecords(watched, Parcel, buckets=16)
    [order_id] = in_bucket("7", 1)
    await records.commit([new_record(order_id)])
    assert await records.commit([new_record(order_id)]) == {}
    assert watched.asked == ["7"]


async def test_two_writers_of_one_version_cannot_both_win(records: CosmosRecords[Parcel]) -> None:
    etag = (await records.commit([new_record("o-1")]))["o-1"]
    first, second = await asyncio.gather(
        *(records.commit([replace(new_record("o-1", seen=seen), etag=etag)]) for seen in (10, 20))
    )
    assert sorted([len(first), len(second)]) == [0, 1]


async def test_a_server_that_is_away_is_an_outage_and_not_a_conflict(
    cosmos: Cosmos, records: CosmosRecords[Parcel]
) -> None:
    await records.commit([new_record("o-1")])
    await cosmos.stop()
    with pytest.raises(OutageError):
        await records.commit([new_record("o-2")])
    with pytest.raises(OutageError):
        await records.load(["o-1"])


async def test_a_server_that_does_not_answer_is_an_outage() -> None:
    with pytest.raises(OutageError, match="cannot be reached"):
        async with in_time(0.01):
            await asyncio.Event().wait()


async def test_a_container_that_is_gone_is_an_outage_and_no_dead_letter(
    cosmos: Cosmos, records: CosmosRecords[Parcel]
) -> None:
    await records.commit([new_record("o-1")])
    await cosmos.client.get_database_client("parcels").delete_container("parcels")
    with pytest.raises(OutageError, match="does not exist"):
        await records.load(["o-1"])
    with pytest.raises(OutageError, match="does not exist"):
        await records.commit([new_record("o-2")])
