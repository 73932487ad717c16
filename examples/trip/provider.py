"""The port of every participant: somebody who sells, under idempotency keys; and one that is simulated."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Sold:
    """It is ours. `reference` is what the provider calls it."""

    reference: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be had, and never will be under this key."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It was cancelled under this key, perhaps before it was bought."""


Answer: TypeAlias = Sold | Refused | Cancelled


class Provider(Protocol):
    """An airline, a hotel, a car hire, a bank. The first answer to a key is final, but for a cancellation.

    Calls raise `TransientError` if the outcome is not known, and are then repeated under the same key.
    """

    async def buy(self, key: str, what: str, price: Decimal) -> Answer:
        """Buy it once; `Cancelled` if the key was cancelled before."""
        ...

    async def cancel(self, key: str) -> None:
        """Make sure that nothing is bought under the key, now or ever."""
        ...


@dataclass(slots=True)
class SimulatedProvider:
    """Sells everything but what is called `none`."""

    deals: dict[str, Answer] = field(default_factory=dict)

    async def buy(self, key: str, what: str, price: Decimal) -> Answer:
        """See `Provider.buy`."""
        return self.deals.setdefault(key, Refused() if what == "none" else Sold(f"ref-{key}", price))

    async def cancel(self, key: str) -> None:
        """See `Provider.cancel`."""
        self.deals[key] = Cancelled()

    def sold(self, key: str) -> bool:
        """What the provider's own books say."""
        return isinstance(self.deals.get(key), Sold)
