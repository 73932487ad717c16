"""The effects at a payment gateway: the audit counts them as money."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from quartet.adapters import Effect, Ledger


@dataclass(frozen=True, slots=True)
class MoneyMoved(Effect):
    """Money that was moved, once.

    Attributes:
        amount: how much, never negative; the type says which way.
        currency: ISO 4217.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount < 0:
            raise ValueError(f"the amount of {self.id} is {self.amount!r}: it must be at least 0")


@dataclass(frozen=True, slots=True)
class ChargeMade(MoneyMoved):
    """The customer's money came to us."""


@dataclass(frozen=True, slots=True)
class RefundMade(MoneyMoved):
    """Our money went to the customer."""


GatewayLedger: TypeAlias = Ledger[ChargeMade | RefundMade]
"""An adapter of `Gateway` that has `effects`, too, can be audited."""
