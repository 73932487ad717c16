"""The projection in Cosmos DB.

A batch is one read and one transactional batch for each bucket that it touches, and then its position. If the process
ends in between, the batch is delivered again, and what is kept already is recognised.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from quartet.azure.cosmos.client import BatchLimits, cosmos_client, in_time
from quartet.azure.cosmos.console_database import BUCKETS, CONTAINERS, DATABASE, SAGAS
from quartet.azure.cosmos.keyed_batcher import KeyedBatcher
from quartet.azure.cosmos.provision import open_database
from quartet.azure.credentials import Credentials
from quartet.azure.settings import Settings
from quartet.console.projection.cosmos import searching
from quartet.console.projection.cosmos.documents import (
    Document,
    chunk_with,
    facts_from,
    kept_from,
    pk_of,
    raws_from,
    saga_id,
)
from quartet.console.projection.cosmos.figures import Figures
from quartet.console.projection.cosmos.generations import VERSION, begin_next, read_meta, remove_before
from quartet.console.projection.cosmos.places import Places
from quartet.console.projection.cosmos.removing import Remover
from quartet.console.projection.cosmos.writing import BucketWriter
from quartet.console.projection.facts import KEPT_EVENTS, Batch, Fact, Key, Place, Position, Raw
from quartet.console.projection.port import Page, Saga, Step, Totals
from quartet.console.projection.query import Query, now_ms
from quartet.console.projection.summary import COMPENSATING, ENDED, OPEN
from quartet.console.projection.summary import SAGAS as HOW_MANY
from quartet.engine.errors import OutageError
from quartet.engine.failures.timeouts import stretched

AGENT: Final = "quartet-console-projection"
_TOGETHER: Final = 64  # parts of batches that are written as one
_TIDY_AGAIN_SECONDS: Final = 10


class CosmosProjection:
    """A `Projection` in a container that is there.

    Attributes:
        untidy: set when there may be something for `tidy` to remove.
    """

    def __init__(
        self,
        container: ContainerProxy,
        generation: int,
        *,
        now: Callable[[], int] = now_ms,
        limits: BatchLimits | None = None,
    ) -> None:
        """Use a generation of documents; `open_projection` finds which one counts. `now` is in ms since 1970."""
        self._container = container
        self._now = now
        self._limits = limits
        self.untidy = asyncio.Event()
        self._begin(generation)

    def _begin(self, generation: int) -> None:
        self._generation = generation
        self._figures = Figures(self._container, generation)
        self._places = Places(self._container, generation)
        self._remover = Remover(self._container, generation, self._figures)
        writer = BucketWriter(self._container, generation, self._figures, self._now, self._limits)
        self._writes: KeyedBatcher[str, Sequence[Fact], None] = KeyedBatcher(writer.write, most=_TOGETHER)

    async def made_at(self) -> Mapping[str, str]:
        """See `Projection.made_at`."""
        made_at: Mapping[str, str] = (await read_meta(self._container))["made_at"]
        return made_at

    async def clear(self, made_at: Mapping[str, str]) -> None:
        """See `Projection.clear`. It is one write; `tidy` removes what is left over."""
        self._begin(await begin_next(self._container, made_at))
        self.untidy.set()

    async def tidy(self) -> None:
        """Remove what was cleared, also by a process that ended meanwhile.

        Raises:
            OutageError: the store does not answer. Some of it is left.
        """
        await remove_before(self._container, self._generation)

    async def positions(self) -> Mapping[Place, Position]:
        """See `Projection.positions`."""
        return await self._places.all()

    async def take(self, batch: Batch) -> None:
        """See `Projection.take`. The position comes last: it says that everything before it is kept."""
        last = await self._places.last(batch.place)
        if batch.position.sequence_number <= last:
            return
        by_bucket: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in batch.facts:
            if fact.key.sequence_number > last:
                by_bucket[pk_of(self._generation, fact.saga)].append(fact)
        writes = (self._writes.call(pk, facts) for pk, facts in by_bucket.items())
        # Wait for all buckets, also when one fails: nothing is written after this returns.
        results = await asyncio.gather(*writes, return_exceptions=True)
        if failures := [result for result in results if isinstance(result, BaseException)]:
            raise next((error for error in failures if isinstance(error, OutageError)), failures[0])
        await self._places.move(batch)

    async def totals(self, stuck_before: int) -> Totals:
        """See `Projection.totals`."""
        await self._figures.refresh()
        found = self._figures.totals()
        return Totals(
            sagas=found.get(HOW_MANY, 0),
            open=found.get(OPEN, 0),
            compensating=found.get(COMPENSATING, 0),
            stuck=await searching.count_stuck(self._container, self._generation, stuck_before),
            ended={name.removeprefix(ENDED): count for name, count in found.items() if name.startswith(ENDED)},
            strays=await self._places.strays(),
        )

    async def marks(self, first: int, last: int) -> Mapping[int, Mapping[str, int]]:
        """See `Projection.marks`. Those of the last three hours are kept."""
        await self._figures.refresh()
        return self._figures.marks(first, last)

    async def steps(self, first: int) -> Sequence[Step]:
        """See `Projection.steps`."""
        await self._figures.refresh()
        return self._figures.steps(max(first, 0))

    async def search(self, query: Query, *, stuck_before: int, limit: int, cursor: str | None = None) -> Page:
        """See `Projection.search`."""
        return await searching.search(
            self._container, self._generation, query, stuck_before=stuck_before, limit=limit, cursor=cursor
        )

    async def saga(self, saga_id: str) -> Saga | None:
        """See `Projection.saga`. Two requests, however many events there are; see `_chunks`."""
        document = await self._document(saga_id)
        if document is None:
            return None
        kept = kept_from(document)
        assert kept.summary is not None  # noqa: S101 -- what is stored has one
        facts = [fact for chunk in await self._chunks(document) for fact in facts_from(chunk, saga_id)]
        return Saga(kept.summary, sorted(facts, key=lambda fact: fact.key))

    async def raw(self, saga_id: str, key: Key) -> Raw | None:
        """See `Projection.raw`."""
        document = await self._document(saga_id)
        chunk = None if document is None else chunk_with(document["chunks"], key)
        if document is None or chunk is None:
            return None
        async with in_time():
            found = await self._container.read_item(chunk, partition_key=document["pk"])
        return raws_from(found, saga_id).get(key)

    async def raws(self, saga_id: str) -> Mapping[Key, Raw]:
        """See `Projection.raws`. Two requests, as for `saga`."""
        document = await self._document(saga_id)
        chunks = [] if document is None else await self._chunks(document)
        return dict(sorted(one for chunk in chunks for one in raws_from(chunk, saga_id).items()))

    async def ended_before(self, before: int, most: int) -> Sequence[str]:
        """See `Projection.ended_before`."""
        return await self._remover.ended_before(before, most)

    async def remove(self, sagas: Sequence[str], before: int) -> int:
        """See `Projection.remove`."""
        return await self._remover.remove(sagas, before)

    async def forget_minutes(self, before: int) -> None:
        """See `Projection.forget_minutes`. They expire after `FIGURES_EXPIRE`."""

    async def close(self) -> None:
        """See `Projection.close`. The client is closed by the one who opened it."""

    async def _document(self, saga: str) -> Document | None:
        try:
            async with in_time():
                return dict(await self._container.read_item(saga_id(saga), partition_key=pk_of(self._generation, saga)))
        except CosmosResourceNotFoundError:
            return None

    async def _chunks(self, document: Document) -> Sequence[Document]:
        """The documents with the events of a saga, and with those of others that were written together with them.

        One request; by default the SDK asks for 100 at a time. Azure ends an answer at 4 MB, so then there are more.
        """
        places = [(chunk, document["pk"]) for chunk in document["chunks"]]
        if not places:
            return []
        async with in_time():
            return [dict(one) for one in await self._container.read_items(places, max_item_count=KEPT_EVENTS)]


@asynccontextmanager
async def open_projection(settings: Settings, *, rebuild: bool = False) -> AsyncIterator[CosmosProjection]:
    """The projection of a deployment. With a key, its database is created; an identity finds it as it was deployed.

    Raises:
        ConfigurationError: the settings cannot be used, or the database is missing or laid out otherwise.
        OutageError: Cosmos DB does not answer.
    """
    async with Credentials() as credentials, cosmos_client(settings, credentials, AGENT) as client:
        database = await open_database(
            client,
            DATABASE,
            CONTAINERS,
            buckets=BUCKETS,
            may_create=settings.cosmos_connection_string is not None,
        )
        container = database.get_container_client(SAGAS.name)
        meta = await read_meta(container)
        projection = CosmosProjection(container, int(meta["generation"]))
        if rebuild or meta["version"] != VERSION:
            await projection.clear({})
        projection.untidy.set()
        tidying = asyncio.create_task(_tidy(projection))
        try:
            yield projection
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)


async def _tidy(projection: CosmosProjection) -> None:
    while True:
        await projection.untidy.wait()
        projection.untidy.clear()
        try:
            await projection.tidy()
        except OutageError:
            projection.untidy.set()
            await asyncio.sleep(stretched(_TIDY_AGAIN_SECONDS))
