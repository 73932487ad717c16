"""The port to the stock: what inventory needs of the warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from shared.events import Shortage


@dataclass(frozen=True, slots=True)
class Held:
    """All pieces are held for the claim."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is held for the claim, and nothing ever will be.

    Attributes:
        shortages: The products that were short. Empty if the hold was refused because a
            `release` came first.
    """

    shortages: tuple[Shortage, ...] = ()


HoldAnswer: TypeAlias = Held | Refused


class Stock(Protocol):
    """The stock of every product, and the decision per claim and product.

    A *claim* is what pieces are held for: an order, with the lines that it was placed with (`domain.claim_of`).
    Every call may be repeated, by the same process after a crash and by another one that owns the partition now, and
    may come from a process whose view of the order is old. What makes this harmless:

    - Per claim and product, the first decision, held or refused, is final. Held pieces then become released or
      shipped, once, and stay so.
    - A call that was interrupted, also between two of its products, is finished by its repeat.
    - Two calls for one claim at the same time end as if one had come after the other.

    `lines` maps each product to its number of pieces, and is the same in all calls for one claim. Each call raises
    a `TransientError` if its outcome is not known.
    """

    async def hold(self, claim: str, lines: Mapping[str, int], /) -> HoldAnswer:
        """Hold all pieces, or none.

        If one product is refused, those that are held are released before the answer. `Held` is only answered while
        every product is held (or has been shipped); once one of them has been refused or released, the answer
        is `Refused`.
        """
        ...

    async def refuse(self, claim: str, lines: Mapping[str, int], /) -> HoldAnswer:
        """Hold nothing from now on, unless all is held already: the end of a `hold` whose outcome is not known.

        If every product is held (or has been shipped), the answer is `Held` and nothing changes: another process may
        have said so to the world. Otherwise what is undecided is refused and what is held is released, as by
        a `hold` that was refused.
        """
        ...

    async def release(self, claim: str, lines: Mapping[str, int], /) -> None:
        """Make held pieces available again.

        Where nothing has been decided yet, it leaves a refusal, so that a `hold` that comes later (from a
        process that does not know yet) gets nothing. Refused, released and shipped pieces stay as they are.
        """
        ...

    async def ship(self, claim: str, lines: Mapping[str, int], /) -> None:
        """Let held pieces leave the warehouse. Shipped pieces are not shipped again."""
        ...
