"""What the console takes: `make console-bench`. It fails if a figure is beyond what docs/console.md promises.

A projection with many sagas, searched in every way that a person can; then a real hub, whose sagas are followed at a
rate with pages open.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from quartet.console.projection.query import now_ms, parse_query
from quartet.console.projection.sqlite.schema import FILE
from quartet.console.projection.sqlite.store import SqliteProjection
from tests.console.made import START, STEP, Maker, queries
from tests.console.rate import follow_at_rate, resident_mb

SEARCH_MS = 100
NEWS_SECONDS = 2.0
REST_SECONDS = 2.0
MEMORY_MB = 400


async def fill(projection: SqliteProjection, count: int) -> None:
    events, taken, used = 0, 0.0, 0.0
    for batch in Maker().batches(count):
        events += len(batch.facts)
        before, before_cpu = time.perf_counter(), time.process_time()
        await projection.take(batch)
        taken += time.perf_counter() - before
        used += time.process_time() - before_cpu
    print(f"{count} sagas, {events} events kept in {taken:.0f} s: {used / events * 1e6:.0f} µs of CPU an event")
    print(f"memory {resident_mb():.0f} MB", flush=True)


async def search(projection: SqliteProjection, count: int, repeats: int) -> float:
    """Prints the times of each kind of search, and returns the slowest p95."""
    print(f"{'search':<24}{'p50 ms':>10}{'p95 ms':>10}{'slowest':>10}")
    slowest = 0.0
    now = START + count * STEP
    for kind, texts in queries(count).items():
        took = []
        for text in texts * max(1, repeats // len(texts)):
            query = parse_query(text, now)
            before = time.perf_counter()
            await projection.search(query, stuck_before=now_ms(), limit=50)
            took.append((time.perf_counter() - before) * 1000)
        p95 = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
        slowest = max(slowest, p95)
        print(f"{kind:<24}{statistics.median(took):>10.1f}{p95:>10.1f}{max(took):>10.1f}", flush=True)
    return slowest


async def run(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="quartet-console-") as name:
        directory = Path(name)
        projection = SqliteProjection(directory / "search")
        await fill(projection, arguments.sagas)
        slowest = await search(projection, arguments.sagas, arguments.repeats)
        await projection.close()
        size = (directory / "search" / FILE).stat().st_size
        print(f"the file has {size / 1e6:.0f} MB, {size / arguments.sagas:.0f} bytes a saga", flush=True)
        found = await follow_at_rate(
            directory, rate=arguments.rate, seconds=arguments.seconds, pages=arguments.pages, searches=True
        )
        print(found)
    problems = [
        *([f"a search took {slowest:.0f} ms"] if slowest > SEARCH_MS else []),
        *([f"news took {found.behind:.1f} s"] if found.behind > NEWS_SECONDS else []),
        *([f"it was {found.rest:.1f} s behind at the end"] if found.rest > REST_SECONDS else []),
        *([f"it took {found.memory_mb:.0f} MB"] if found.memory_mb > MEMORY_MB else []),
    ]
    print("\n".join(problems) or "as promised")
    return 1 if problems else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sagas", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=40, help="how often each kind of search is made")
    parser.add_argument("--rate", type=int, default=200, help="sagas a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--pages", type=int, default=10, help="open pages")
    sys.exit(asyncio.run(run(parser.parse_args())))
