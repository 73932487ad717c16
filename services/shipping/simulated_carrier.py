"""A carrier that is not there: its ledger in Cosmos DB is what "really" left the warehouse. It serves all but `AQ`."""

from collections.abc import AsyncIterator, Collection, Mapping
from uuid import UUID

from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.cosmos.ledger import CosmosLedger, Entry
from quartet.events import bucket_of, legacy_derived_id
from services.shipping.carrier import AlreadyBooked, AlreadyRefused, BookAnswer, Booked, NotServed, VoidAnswer, Voided
from services.shipping.ledger import ParcelBooked
from shared.events import Address

NOT_SERVED = frozenset({"AQ"})


class SimulatedCarrier:
    """The `Carrier` port, and its ledger. The first entry under an idempotency key is final."""

    def __init__(self, ledger: ContainerProxy, buckets: int, limits: BatchLimits | None = None) -> None:
        self._ledger = CosmosLedger(ledger, limits)
        self._buckets = buckets

    async def book(self, key: str, order_id: str, address: Address, lines: Mapping[str, int]) -> BookAnswer:
        """See `Carrier.book`."""
        shipment_id = legacy_derived_id(key, "shipment")
        entry, _ = await self._record(
            key,
            order_id,
            outcome="not_served" if address.country in NOT_SERVED else "booked",
            shipment_id=shipment_id,
            tracking_number=f"QT{UUID(shipment_id).int % 10**12:012}",
            country=address.country,
            pieces=sum(lines.values()),
        )
        match entry["outcome"]:
            case "booked":
                return Booked(entry["shipment_id"], entry["tracking_number"])
            case "not_served":
                return NotServed(f"no service to {entry['country']}")
            case _:
                return Voided()

    async def void(self, key: str, order_id: str) -> VoidAnswer:
        """See `Carrier.void`."""
        entry, _ = await self._record(key, order_id, outcome="voided")
        match entry["outcome"]:
            case "booked":
                return AlreadyBooked(entry["shipment_id"], entry["tracking_number"])
            case "not_served":
                return AlreadyRefused(f"no service to {entry['country']}")
            case _:
                return Voided()

    async def effects(self) -> AsyncIterator[ParcelBooked]:
        """See `Ledger.effects`."""
        async for entry in self._ledger.entries({"booked"}):
            yield ParcelBooked(entry["order_id"], entry["id"])

    async def effects_of(self, saga_ids: Collection[str]) -> AsyncIterator[ParcelBooked]:
        """See `SagaLedger.effects_of`."""
        async for entry in self._ledger.entries_of(saga_ids, "order_id"):
            if entry["outcome"] == "booked":
                yield ParcelBooked(entry["order_id"], entry["id"])

    async def _record(self, key: str, order_id: str, **what: str | int) -> tuple[Entry, bool]:
        pk = bucket_of(order_id, self._buckets)
        return await self._ledger.record(pk, {"id": key, "order_id": order_id, "kind": "shipment", **what})
