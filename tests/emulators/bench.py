"""What the emulators take as they fill up: `make emulators-bench`. It fails if a figure is beyond what is promised.

Queries that the service answers from an index are asked of containers with 1,000 to 100,000 items. Then an event hub is
sent to, again and again, while a client scans the largest container.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from azure.cosmos import CosmosClient, PartitionKey
from azure.eventhub import EventData, TransportType
from azure.eventhub.aio import EventHubProducerClient
from quartet_emulators import AzureEmulators

from tests.emulators.cosmos.direct import Direct

SIZES = (1_000, 10_000, 100_000)
MOST_RATIO = 2.0
MOST_WAIT_MS = 20.0
REPEATS = 40
BATCH = 100
SCAN, COUNT = "a scan", "a count"
QUERIES = {
    "an item by id": "SELECT * FROM c WHERE c.id = '7' AND c.pk = 'k7'",
    "equality, 10 items": "SELECT * FROM c WHERE c.status = 'open'",
    "range, 11 items": "SELECT * FROM c WHERE c.n BETWEEN 100 AND 110",
    "range of texts": "SELECT * FROM c WHERE STARTSWITH(c.name, 'name-00012')",
    "element of a list": "SELECT * FROM c WHERE ARRAY_CONTAINS(c.tags, 'seldom')",
    "TOP 10, sorted": "SELECT TOP 10 * FROM c ORDER BY c.n DESC",
    "a page, sorted": "SELECT * FROM c WHERE c.n >= 0 ORDER BY c.n",
    "composite index": "SELECT TOP 10 * FROM c ORDER BY c.status, c.n DESC",
    "a page of all": "SELECT * FROM c",
    COUNT: "SELECT VALUE COUNT(1) FROM c",
    SCAN: "SELECT * FROM c WHERE LENGTH(c.name) = 3",
}


class Waits(NamedTuple):
    """Milliseconds: what 99 of 100 stay below, and the longest."""

    most: float
    longest: float


def fill(direct: Direct, size: int) -> float:
    """Write items one by one; returns microseconds for each."""
    composite = [[{"path": "/status", "order": "ascending"}, {"path": "/n", "order": "descending"}]]
    key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
    direct(
        "PUT",
        "dbs/shop/colls/orders",
        {"id": "orders", "partitionKey": key, "indexingPolicy": {"compositeIndexes": composite}},
    )
    before = time.perf_counter()
    for number in range(size):
        rare = number % (size // 10) == 0
        item = {"id": str(number), "pk": f"k{number % 1000}", "n": number * 7919 % size, "name": f"name-{number:06}"}
        item |= {"status": "open" if rare else "done", "tags": ["seldom"] if rare else ["often"], "text": "x" * 600}
        direct.items("POST", item, key=f"k{number % 1000}")
    return (time.perf_counter() - before) / size * 1e6


def ask(direct: Direct, text: str) -> tuple[float, float]:
    """The median of milliseconds that a query takes, and its charge."""
    answer = direct.query(text)
    assert answer.status == 200, answer.body
    while direct.dispatcher.build_indexes():
        pass
    took = []
    for _ in range(REPEATS if text != QUERIES[SCAN] else 3):
        before = time.perf_counter()
        answer = direct.query(text)
        took.append((time.perf_counter() - before) * 1000)
    return statistics.median(took), float(answer.headers["x-ms-request-charge"])


def growth(sizes: Sequence[int]) -> float:
    """Prints how queries grow with the container, and returns the largest ratio of those that an index answers."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in QUERIES}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="azure-") as name:
            direct = Direct(Path(name), time.time)
            print(f"{size} items: {fill(direct, size):.0f} µs for each write", flush=True)
            for query, text in QUERIES.items():
                found[query].append(ask(direct, text))
            direct.close()
    print(f"{'query':<20}" + "".join(f"{f'{size} items':>24}" for size in sizes) + f"{'ratio':>8}")
    worst = 0.0
    for query, figures in found.items():
        ratio = max(took for took, _ in figures) / figures[0][0]
        worst = worst if query in {SCAN, COUNT} else max(worst, ratio)
        cells = "".join(f"{f'{took:.2f} ms, {charge:.1f} RU':>24}" for took, charge in figures)
        print(f"{query:<20}{cells}{ratio:>8.1f}", flush=True)
    return worst


async def longest_send(size: int, sends: int) -> tuple[Waits, Waits]:
    """How long events wait for their acknowledgements, without and with a scan beside them."""
    with AzureEmulators() as azure, CosmosClient.from_connection_string(azure.cosmos) as client:
        container = client.create_database("bench").create_container("items", PartitionKey("/pk"))
        for first in range(0, size, BATCH):
            batch = [
                ("create", ({"id": str(number), "pk": "a", "text": "x" * 300},))
                for number in range(first, first + BATCH)
            ]
            container.execute_item_batch(batch, "a")
        stop = threading.Event()

        def scan() -> None:
            while not stop.is_set():
                list(container.query_items(QUERIES[SCAN].replace("name", "text"), enable_cross_partition_query=True))

        hub = azure.new_event_hub()
        producer = EventHubProducerClient.from_connection_string(
            hub.connection_string, transport_type=TransportType.Amqp
        )
        async with producer:
            await producer.send_batch([EventData(b"x")])  # connects, which takes half a second
            alone = await _waits(producer, sends)
            scanning = threading.Thread(target=scan)
            scanning.start()
            try:
                beside = await _waits(producer, sends)
            finally:
                stop.set()
                scanning.join()
    return alone, beside


async def _waits(producer: EventHubProducerClient, sends: int) -> Waits:
    took = []
    for _ in range(sends):
        before = time.perf_counter()
        await producer.send_batch([EventData(b"x")])
        took.append((time.perf_counter() - before) * 1000)
        await asyncio.sleep(0.002)
    return Waits(statistics.quantiles(took, n=100)[-1], max(took))


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="items in the largest container")
    parser.add_argument("--sends", type=int, default=1000)
    arguments = parser.parse_args()
    sizes = [*(size for size in SIZES if size < arguments.largest), arguments.largest]
    ratio = growth(sizes)
    alone, beside = asyncio.run(longest_send(arguments.largest // 2, arguments.sends))
    for name, waits in (("alone", alone), ("beside a scan", beside)):
        print(f"99 of 100 sends to an event hub {name}: {waits.most:.1f} ms, the longest {waits.longest:.1f} ms")
    print(f"largest ratio of a query that an index answers: {ratio:.1f}")
    return 0 if ratio <= MOST_RATIO and beside.longest <= MOST_WAIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
