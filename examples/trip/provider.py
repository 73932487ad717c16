"""The port of every participant: a provider that sells under idempotency keys, and a simulated one."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from quartet.adapters import Book, Effect


@dataclass(frozen=True, slots=True)
class Sold:
    """It is ours. `reference` is what the provider calls it."""

    reference: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be had, and never will be for this trip. `reason` says why."""

    reason: str


Answer: TypeAlias = Sold | Refused


@dataclass(frozen=True, slots=True)
class Moved(Effect):
    """What was bought for a trip; or given back, with a negative price."""

    price: Decimal


class Provider(Protocol):
    """An airline, a hotel, a car hire, a bank: sells one thing per trip. The trip's id is the idempotency key.

    The first answer is final, but for a cancellation. Calls raise `TransientError` if the outcome is not known, and are
    then repeated.
    """

    async def buy(self, trip_id: str, what: str, price: Decimal) -> Answer:
        """Buy it once, unless that was refused before."""
        ...

    async def refuse(self, trip_id: str, reason: str) -> Answer:
        """Make sure that nothing is bought from now on. What was bought before stays bought, and is the answer."""
        ...

    async def cancel(self, trip_id: str) -> None:
        """Make sure that nothing is bought, now or ever. What was bought before is given back."""
        ...


@dataclass(slots=True)
class SimulatedProvider:
    """Sells everything but what is called `none`. Its book is what really happened."""

    book: Book

    async def buy(self, trip_id: str, what: str, price: Decimal) -> Answer:
        """See `Provider.buy`."""
        return await self._first(trip_id, "refused" if what == "none" else "", price)

    async def refuse(self, trip_id: str, reason: str) -> Answer:
        """See `Provider.refuse`."""
        return await self._first(trip_id, reason, Decimal(0))

    async def cancel(self, trip_id: str) -> None:
        """See `Provider.cancel`."""
        if isinstance(sale := await self.refuse(trip_id, "cancelled"), Sold):
            await self.book.enter(trip_id, f"return_{trip_id}", reason="", price=str(-sale.price))

    async def _first(self, trip_id: str, reason: str, price: Decimal) -> Answer:
        """The first answer of all, to any process."""
        sale, is_new = await self.book.enter(trip_id, f"sale_{trip_id}", reason=reason, price=str(price))
        if sale["reason"]:
            return Refused(sale["reason"])
        if not is_new and await self.book.look_up(trip_id, f"return_{trip_id}"):
            return Refused("cancelled")
        return Sold(f"ref-{trip_id}", Decimal(sale["price"]))

    async def effects(self) -> AsyncIterator[Moved]:
        """See `quartet.Ledger`."""
        async for entry in self.book.entries():
            if not entry["reason"]:
                yield _moved(entry)

    async def effects_of(self, saga_ids: Collection[str]) -> AsyncIterator[Moved]:
        """See `quartet.adapters.SagaLedger`."""
        async for entry in self.book.entries_of(saga_ids):
            if not entry["reason"]:
                yield _moved(entry)


def _moved(entry: Mapping[str, str]) -> Moved:
    return Moved(entry["saga_id"], entry["id"], Decimal(entry["price"]))
