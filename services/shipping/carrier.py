"""The port to the carrier: what shipping needs of a carrier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from quartet import TransientError
from shared.events import Address

HOUSE_CARRIER: Final = "Quartet Parcel"
"""The carrier of a parcel whose booking does not name one."""


class CarrierTimeout(TransientError):  # noqa: N818 - it says what happened, and is a TransientError
    """The carrier did not answer in time: whether it has acted is not known. Repeat the call, or void it."""


@dataclass(frozen=True, slots=True)
class Booked:
    """The parcel is on its way."""

    shipment_id: str
    tracking_number: str
    carrier: str = HOUSE_CARRIER


@dataclass(frozen=True, slots=True)
class NotServed:
    """The carrier does not go there, and will not under this key. `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Voided:
    """Nothing was booked under this key, and nothing ever will be."""


@dataclass(frozen=True, slots=True)
class AlreadyBooked:
    """Too late to void: the parcel is on its way."""

    shipment_id: str
    tracking_number: str
    carrier: str = HOUSE_CARRIER


@dataclass(frozen=True, slots=True)
class AlreadyRefused:
    """Nothing to void: the carrier had refused the booking. `reason` is for people."""

    reason: str


BookAnswer: TypeAlias = Booked | NotServed | Voided
VoidAnswer: TypeAlias = Voided | AlreadyBooked | AlreadyRefused


class Carrier(Protocol):
    """A carrier with idempotency keys.

    Every call must carry its key to the carrier. The first answer to a key (booked, not served or voided) is final: a
    call that is repeated under the key, by whichever process, books nothing again and gets that answer. So the
    carrier's word on `shipment_<order_id>` is the saga's pivot.

    What a call may raise, and what follows:

    - `TransientError` (`CarrierTimeout` is one): the outcome is not known, for example after a timeout or a 5xx. The
      call is repeated under its key; when the repeats are used up, the booking is voided.
    - `ConfigurationError`: the carrier refuses us, not this parcel (401, 403). The message is one line that says what
      to change. The event waits until that is done; it does not become a dead letter.
    - `OutageError`: the carrier is away or throttles us (503, 429), and has certainly not acted. The call is repeated
      for as long as it takes.
    - Anything else is a bug of the adapter: the event becomes a dead letter, and its order waits.

    A decision of the carrier about this parcel is not an error: it is returned (`NotServed`).

    An adapter may have `async check()`, which is asked at the start: `ConfigurationError` keeps the service from
    starting, `OutageError` is waited for. It may be an asynchronous context manager. With `effects` (see
    `services.shipping.ledger`) it can be audited.
    """

    async def book(self, key: str, order_id: str, address: Address, lines: Mapping[str, int]) -> BookAnswer:
        """Send the pieces of each product to the address, once; `Voided` if the key was voided before."""
        ...

    async def void(self, key: str, order_id: str) -> VoidAnswer:
        """Make sure that nothing is ever booked under the key, or return the earlier decision."""
        ...


def shipment_key(order_id: str) -> str:
    """The idempotency key of an order's shipment."""
    return f"shipment_{order_id}"
