"""A payment gateway that is not there: its ledger in Cosmos DB is what "really" happened to the money.

| token              | what it does                                                        |
|--------------------|---------------------------------------------------------------------|
| `tok_visa`         | pays                                                                |
| `tok_declined`     | is declined                                                         |
| `tok_flaky`        | times out once, after the charge was made; the repeat finds it      |
| `tok_refund_fails` | pays, and later refuses the refund, until a person tells the bank   |
|                    | with the bank: `python -m services.payment.bank ORDER`              |
"""

from collections.abc import AsyncIterator, Collection
from decimal import Decimal

from azure.cosmos.aio import ContainerProxy

from quartet.azure.cosmos.client import BatchLimits
from quartet.azure.cosmos.ledger import CosmosLedger, Entry
from quartet.events import bucket_of, legacy_derived_id
from services.payment.gateway import (
    AlreadyCharged,
    AlreadyDeclined,
    ChargeAnswer,
    Charged,
    Declined,
    GatewayTimeout,
    RefundAnswer,
    Refunded,
    RefundRefused,
    VoidAnswer,
    Voided,
    charge_key,
)
from services.payment.ledger import ChargeMade, RefundMade

PAYS = frozenset({"tok_visa", "tok_flaky", "tok_refund_fails"})
_EFFECTS = frozenset({"charged", "refunded"})


class SimulatedGateway:
    """The `Gateway` port, and its ledger. The first entry under an idempotency key is final."""

    def __init__(self, ledger: ContainerProxy, buckets: int, limits: BatchLimits | None = None) -> None:
        self._ledger = CosmosLedger(ledger, limits)
        self._buckets = buckets

    async def charge(self, key: str, amount: Decimal, currency: str, method: str, order_id: str) -> ChargeAnswer:
        """See `Gateway.charge`."""
        pays = method in PAYS
        entry, is_new = await self._record(
            key,
            order_id,
            kind="charge",
            outcome="charged" if pays else "declined",
            payment_id=legacy_derived_id(key, "charge"),
            amount=str(amount),
            currency=currency,
            method=method,
        )
        if is_new and method == "tok_flaky":
            raise GatewayTimeout("the gateway did not answer in time")
        match entry["outcome"]:
            case "charged":
                return Charged(entry["payment_id"])
            case "declined":
                return Declined("card_declined" if method == "tok_declined" else "unknown_payment_method")
            case _:
                return Voided()

    async def void(self, key: str, order_id: str) -> VoidAnswer:
        """See `Gateway.void`."""
        entry, _ = await self._record(key, order_id, kind="charge", outcome="voided")
        match entry["outcome"]:
            case "charged":
                return AlreadyCharged(entry["payment_id"], Decimal(entry["amount"]), entry["currency"])
            case "declined":
                return AlreadyDeclined("card_declined")
            case _:
                return Voided()

    async def refund(self, key: str, payment_id: str, amount: Decimal, currency: str, order_id: str) -> RefundAnswer:
        """See `Gateway.refund`."""
        charge, _ = await self._record(charge_key(order_id), order_id, kind="charge", outcome="voided")
        if charge["outcome"] != "charged":
            return RefundRefused("nothing was charged")
        if charge["method"] == "tok_refund_fails" and not await self._is_allowed(order_id):
            return RefundRefused("the card was closed")
        entry, _ = await self._record(
            key,
            order_id,
            kind="refund",
            outcome="refunded",
            refund_id=legacy_derived_id(key, "refund"),
            payment_id=payment_id,
            amount=str(amount),
            currency=currency,
        )
        return Refunded(entry["refund_id"])

    async def effects(self) -> AsyncIterator[ChargeMade | RefundMade]:
        """See `Ledger.effects`."""
        async for entry in self._ledger.entries(_EFFECTS):
            yield _effect(entry)

    async def effects_of(self, saga_ids: Collection[str]) -> AsyncIterator[ChargeMade | RefundMade]:
        """See `SagaLedger.effects_of`."""
        async for entry in self._ledger.entries_of(saga_ids, "order_id"):
            if entry["outcome"] in _EFFECTS:
                yield _effect(entry)

    async def allow_refund(self, order_id: str) -> None:
        """Make the bank refund this order from now on, whatever the token."""
        await self._record(_permission_key(order_id), order_id, kind="permission", outcome="allowed")

    async def _is_allowed(self, order_id: str) -> bool:
        entry = await self._ledger.look_up(bucket_of(order_id, self._buckets), _permission_key(order_id))
        return entry is not None

    async def _record(self, key: str, order_id: str, **what: str) -> tuple[Entry, bool]:
        pk = bucket_of(order_id, self._buckets)
        return await self._ledger.record(pk, {"id": key, "order_id": order_id, **what})


def _effect(entry: Entry) -> ChargeMade | RefundMade:
    effect = ChargeMade if entry["outcome"] == "charged" else RefundMade
    return effect(entry["order_id"], entry["id"], Decimal(entry["amount"]), entry["currency"])


def _permission_key(order_id: str) -> str:
    return f"refund_allowed_{order_id}"
