"""How far each place was read, and how many of its messages named no saga."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import CONFLICT, in_time
from quartet.console.projection.cosmos.documents import POSITION, place_name, places_pk
from quartet.console.projection.facts import Batch, Place, Position


@dataclass(frozen=True, slots=True)
class _Stored:
    position: Position
    strays: int
    etag: str


class Places:
    """The positions of one generation."""

    def __init__(self, container: ContainerProxy, generation: int) -> None:
        self._container = container
        self._generation = generation
        self._known: dict[Place, _Stored] | None = None

    async def all(self) -> Mapping[Place, Position]:
        """See `Projection.positions`."""
        return {place: stored.position for place, stored in (await self._stored()).items()}

    async def strays(self) -> int:
        """How many messages named no saga."""
        return sum(stored.strays for stored in (await self._stored()).values())

    async def last(self, place: Place) -> int:
        """The sequence number of the last message that was read; -1 before the first."""
        stored = (await self._stored()).get(place)
        return -1 if stored is None else stored.position.sequence_number

    async def move(self, batch: Batch) -> None:
        """Keep the position of a batch whose events are kept.

        If another process was faster, its position counts.
        """
        while batch.position.sequence_number > await self.last(batch.place):
            known = await self._stored()
            stored = known.get(batch.place)
            document = self._document(batch, (stored.strays if stored is not None else 0) + batch.strays)
            try:
                async with in_time():
                    written = await self._put(document, stored)
            except HttpResponseError as error:
                if error.status_code not in CONFLICT:
                    raise
                self._known = None
            else:
                known[batch.place] = _Stored(batch.position, document["strays"], written["_etag"])

    async def _put(self, document: dict[str, Any], stored: _Stored | None) -> Mapping[str, Any]:
        if stored is None:
            return await self._container.create_item(document)
        # In a batch the condition is an argument that the SDK does not warn of.
        (answer,) = await self._container.execute_item_batch(
            [("replace", (document["id"], document), {"if_match_etag": stored.etag})], partition_key=document["pk"]
        )
        return {"_etag": answer["eTag"]}

    def _document(self, batch: Batch, strays: int) -> dict[str, Any]:
        return {
            "id": f"p.{place_name(batch.place)}",
            "pk": places_pk(self._generation),
            "generation": self._generation,
            "kind": POSITION,
            "hub": batch.place.hub,
            "partition": batch.place.partition,
            "sequence_number": batch.position.sequence_number,
            "at": batch.position.at,
            "strays": strays,
        }

    async def _stored(self) -> dict[Place, _Stored]:
        if self._known is None:
            query = self._container.query_items("SELECT * FROM c", partition_key=places_pk(self._generation))
            async with in_time():
                self._known = {
                    Place(one["hub"], one["partition"]): _Stored(
                        Position(one["sequence_number"], one["at"]), one["strays"], one["_etag"]
                    )
                    async for one in query
                }
        return self._known
