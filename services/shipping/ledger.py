"""The effects at a carrier: the audit counts them as parcels."""

from dataclasses import dataclass
from typing import TypeAlias

from quartet.adapters import Effect, Ledger


@dataclass(frozen=True, slots=True)
class ParcelBooked(Effect):
    """A parcel is on its way. An order that was booked twice has two of them, with two ids."""


CarrierLedger: TypeAlias = Ledger[ParcelBooked]
"""An adapter of `Carrier` that has `effects`, too, can be audited."""
