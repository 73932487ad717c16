"""The port to the payment gateway: what payment needs of a payment provider."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from quartet import TransientError


class GatewayTimeout(TransientError):  # noqa: N818 - it says what happened, and is a TransientError
    """The gateway did not answer in time: whether it has acted is not known. Repeat the call, or void it."""


@dataclass(frozen=True, slots=True)
class Charged:
    """The customer has paid."""

    payment_id: str


@dataclass(frozen=True, slots=True)
class Declined:
    """The customer has not paid, and will not under this key. `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Voided:
    """No charge was made under this key, and none ever will be."""


@dataclass(frozen=True, slots=True)
class AlreadyCharged:
    """Too late to void: the customer has paid."""

    payment_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class AlreadyDeclined:
    """Nothing to void: the charge had been declined. `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """The customer has got the money back."""

    refund_id: str


@dataclass(frozen=True, slots=True)
class RefundRefused:
    """The money was not given back this time; another attempt may succeed. `reason` is for people."""

    reason: str


ChargeAnswer: TypeAlias = Charged | Declined | Voided
VoidAnswer: TypeAlias = Voided | AlreadyCharged | AlreadyDeclined
RefundAnswer: TypeAlias = Refunded | RefundRefused


class Gateway(Protocol):
    """A payment gateway with idempotency keys.

    Every call must carry its key to the provider. The first answer to a key (charged, declined or voided) is final: a
    call that is repeated under the key, by whichever process, moves no money again and gets that answer.

    What a call may raise, and what follows:

    - `TransientError` (`GatewayTimeout` is one): the outcome is not known, for example after a timeout or a 5xx. The
      call is repeated under its key; when the repeats are used up, a charge is voided, and a refund is owed.
    - `ConfigurationError`: the provider refuses us, not this payment (401, 403). The message is one line that says what
      to change. The event waits until that is done; it does not become a dead letter.
    - `OutageError`: the provider is away or throttles us (503, 429), and has certainly not acted. The call is repeated
      for as long as it takes.
    - Anything else is a bug of the adapter: the event becomes a dead letter, and its order waits.

    A decision of the provider about this payment is not an error: it is returned (`Declined`, `RefundRefused`).

    An adapter may have `async check()`, which is asked at the start: `ConfigurationError` keeps the service from
    starting, `OutageError` is waited for. It may be an asynchronous context manager. With `effects` (see
    `services.payment.ledger`) it can be audited.
    """

    async def charge(self, key: str, amount: Decimal, currency: str, method: str, order_id: str) -> ChargeAnswer:
        """Charge the customer once; `Voided` if the key was voided before."""
        ...

    async def void(self, key: str, order_id: str) -> VoidAnswer:
        """Make sure that no charge ever succeeds under the key, or say that one was decided before."""
        ...

    async def refund(self, key: str, payment_id: str, amount: Decimal, currency: str, order_id: str) -> RefundAnswer:
        """Give a charge back once. A refusal alone is not final: a later call may succeed."""
        ...


def charge_key(order_id: str) -> str:
    """The idempotency key of an order's charge."""
    return f"payment_{order_id}"


def refund_key(order_id: str) -> str:
    """The idempotency key of an order's refund."""
    return f"refund_{order_id}"
