"""Queries over several physical partitions, merged by the unmodified Python SDK: the same rows as over one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from quartet_emulators.cosmos import CosmosEmulator
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.values import identity

from tests.emulators.cosmos.blocking import Beside, running_beside

THROUGHPUT = 30_000
SPLITS = 3
"""How often all partitions are split; each time, there are twice as many."""

ORDER = [{"path": "/n", "order": "descending"}, {"path": "/half", "order": "ascending"}]
POLICY: Json = {"includedPaths": [{"path": "/*"}], "compositeIndexes": [ORDER]}
ITEMS: list[dict[str, Json]] = [
    {
        "id": f"{number:02}",
        "pk": f"b{number % 13}",
        "n": number % 7,
        "half": number / 2,
        "s": "abcde"[number % 5],
        "t": ["x", "y"][: number % 3],
        "o": {"k": number % 3},
    }
    for number in range(40)
]
SORTED = [
    "SELECT * FROM c ORDER BY c.id",
    "SELECT VALUE c.half FROM c ORDER BY c.n DESC, c.half",
    "SELECT c.id, x FROM c JOIN x IN c.t ORDER BY c.id DESC",
    "SELECT VALUE c.nothing FROM c ORDER BY c.id",
    "SELECT VALUE c.id FROM c WHERE c.n IN (1, 2) AND c.s != 'a' ORDER BY c.half",
    "SELECT VALUE c.id FROM c WHERE c.pk IN ('b1', 'b2', 'b3', 'b4') ORDER BY c.id",
    "SELECT VALUE c.id FROM c ORDER BY c.id OFFSET 3 LIMIT 10",
    "SELECT TOP 11 VALUE c.half FROM c ORDER BY c.half DESC",
    "SELECT TOP 0 * FROM c ORDER BY c.id",
    "SELECT DISTINCT VALUE c.n FROM c ORDER BY c.n",
    "SELECT DISTINCT VALUE c.n FROM c ORDER BY c.n OFFSET 1 LIMIT 3",
    "SELECT VALUE COUNT(1) FROM c",
    "SELECT VALUE COUNT(1) FROM c JOIN x IN c.t",
    "SELECT VALUE COUNT(c.nothing) FROM c",
    "SELECT VALUE COUNTIF(c.n > 3) FROM c",
    "SELECT VALUE SUM(c.half) FROM c WHERE c.n < 4",
    "SELECT VALUE AVG(c.half) FROM c",
    "SELECT VALUE MIN(c.half) FROM c",
    "SELECT VALUE MAX(c.s) FROM c",
    "SELECT TOP 3 VALUE MAX(c.n) FROM c",
]
UNSORTED = [
    "SELECT DISTINCT VALUE c.n FROM c",
    "SELECT DISTINCT c.n, c.s FROM c ORDER BY c.n",
    "SELECT DISTINCT VALUE c.o FROM c",
    "SELECT VALUE x FROM c JOIN x IN c.t",
]


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    with running_beside(tmp_path) as beside:
        yield beside


@pytest.fixture
def containers(beside: Beside) -> Iterator[tuple[ContainerProxy, ContainerProxy]]:
    """The same items in one physical partition and in three."""
    transport = RequestsTransport(use_env_settings=False)
    with CosmosClient.from_connection_string(beside.emulator.connection_string, transport=transport) as client:
        shop = client.create_database("shop")
        one = shop.create_container("one", PartitionKey("/pk"), indexing_policy=POLICY)
        three = shop.create_container("three", PartitionKey("/pk"), indexing_policy=POLICY, offer_throughput=THROUGHPUT)
        for item in ITEMS:
            one.create_item(item)
            three.create_item(item)
        yield one, three


def split_all(emulator: CosmosEmulator) -> None:
    for partition in emulator.account.container("shop", "three").partitions.all:
        emulator.account.split("shop", "three", partition.id)


def rows(container: ContainerProxy, text: str, size: int | None = None) -> list[Json]:
    """The rows of a query over all partitions, without system properties."""
    found: Iterator[Json] = iter(container.query_items(text, enable_cross_partition_query=True, max_item_count=size))
    return [plain(row) for row in found]


def plain(row: Json) -> Json:
    return {name: value for name, value in row.items() if name[0] != "_"} if isinstance(row, dict) else row


@pytest.mark.parametrize("text", [*SORTED, *UNSORTED])
def test_several_partitions_give_the_rows_of_one(
    containers: tuple[ContainerProxy, ContainerProxy], beside: Beside, text: str
) -> None:
    one, three = containers
    expected = rows(one, text)
    found = [rows(three, text, size) for size in (None, 7)]
    beside.between_requests(split_all)
    found += [rows(three, text, size) for size in (None, 7)]  # the client learns of the splits while it asks
    for again in found:
        if text in SORTED:
            assert again == expected
        else:
            assert sorted(map(identity, again)) == sorted(map(identity, expected))


def test_pages_have_the_size_that_was_asked_for(containers: tuple[ContainerProxy, ContainerProxy]) -> None:
    _, three = containers
    pages = three.query_items(SORTED[0], enable_cross_partition_query=True, max_item_count=7).by_page()
    assert [len(list(page)) for page in pages] == [7, 7, 7, 7, 7, 5]


def test_which_rows_are_cut_off_depends_on_the_ranges(containers: tuple[ContainerProxy, ContainerProxy]) -> None:
    _, three = containers
    in_ranges: list[str] = rows(three, "SELECT VALUE c.id FROM c WHERE c.n >= 0")
    ranges: list[list[Json]] = [
        list(three.query_items("SELECT VALUE c.id FROM c", feed_range=at)) for at in three.read_feed_ranges()
    ]
    assert rows(three, "SELECT TOP 5 VALUE c.id FROM c") == ranges[0][:5]
    assert rows(three, "SELECT VALUE c.id FROM c OFFSET 3 LIMIT 9", 2) == [name for one in ranges for name in one][3:12]
    assert sorted(in_ranges) == sorted(name for one in ranges for name in one)


def test_a_split_between_pages_makes_the_client_begin_a_sorted_range_again(
    containers: tuple[ContainerProxy, ContainerProxy], beside: Beside
) -> None:
    """It loses nothing, and repeats rows that it has given: the SDK keeps no place in a range that was split."""
    _, three = containers
    found: list[str] = []
    pages = three.query_items(SORTED[0], enable_cross_partition_query=True, max_item_count=3).by_page()
    for number, page in enumerate(pages):
        found += [item["id"] for item in page]
        if number == 1:
            beside.between_requests(split_all)
    assert sorted(set(found)) == [item["id"] for item in ITEMS]
    assert len(found) > len(ITEMS)


@pytest.mark.parametrize("text", ["SELECT VALUE COUNT(1) FROM c", "SELECT DISTINCT VALUE c.n FROM c"])
def test_a_split_between_pages_changes_no_merged_result(
    containers: tuple[ContainerProxy, ContainerProxy], beside: Beside, text: str
) -> None:
    one, three = containers
    found: list[Json] = []
    pages = three.query_items(text, enable_cross_partition_query=True, max_item_count=1).by_page()
    for number, page in enumerate(pages):
        found += page
        if number < SPLITS:
            beside.between_requests(split_all)
    assert sorted(found) == sorted(rows(one, text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT c.n, COUNT(1) AS k FROM c GROUP BY c.n", "GroupBy, which the calling client does not support"),
        ("SELECT COUNT(1) AS k FROM c", "NonValueAggregate, which the calling client does not support"),
        ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT c.n FROM c)", "DCount, which the calling client does not"),
        ("SELECT VALUE COUNT(1) + 1 FROM c", "Compositions of aggregates and other expressions are not allowed"),
    ],
)
def test_what_the_client_cannot_merge_is_refused(
    containers: tuple[ContainerProxy, ContainerProxy], text: str, reason: str
) -> None:
    one, three = containers
    assert rows(one, text)
    with pytest.raises(CosmosHttpResponseError, match=reason) as refused:
        rows(three, text)
    assert refused.value.status_code == 400


def test_an_aggregate_of_nothing_is_null_to_the_client(containers: tuple[ContainerProxy, ContainerProxy]) -> None:
    """Over one range, it is no row: the emulator answers as a whole, and has none."""
    one, three = containers
    for text in ("SELECT VALUE MAX(c.nothing) FROM c", "SELECT VALUE AVG(c.nothing) FROM c"):
        assert (rows(one, text), rows(three, text)) == ([], [None])


async def test_the_asynchronous_client_merges_too(shop: DatabaseProxy, emulator: CosmosEmulator) -> None:
    one = await shop.create_container("one", PartitionKey("/pk"), indexing_policy=POLICY)
    three = await shop.create_container(
        "three", PartitionKey("/pk"), indexing_policy=POLICY, offer_throughput=THROUGHPUT
    )
    for item in ITEMS:
        await one.create_item(item)
        await three.create_item(item)
    for text in SORTED:
        expected = [plain(row) async for row in one.query_items(text)]
        assert [plain(row) async for row in three.query_items(text, max_item_count=7)] == expected
    split_all(emulator)
    for text in SORTED:
        expected = [plain(row) async for row in one.query_items(text)]
        assert [plain(row) async for row in three.query_items(text, max_item_count=7)] == expected
