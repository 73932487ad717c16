"""The three ports in memory, keeping their contracts to the letter: a ledger, and what follows from it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from quartet.engine.errors import TransientError
from services.inventory.stock import Held, HoldAnswer, Refused
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
)
from services.shipping import carrier as ports
from services.shipping.carrier import CarrierTimeout
from shared.events import Address, Shortage


class Piece(StrEnum):
    HELD = "held"
    REFUSED = "refused"
    RELEASED = "released"
    SHIPPED = "shipped"


# Refused for no shortage, but because a release came first.
NEVER = (Piece.REFUSED, 0)


@dataclass
class FakeStock:
    """Counts per product, and per claim and product what was decided about how many pieces.

    `interrupt_after`: that many products into the next call, the connection is lost.
    """

    available: dict[str, int]
    ledger: dict[tuple[str, str], tuple[Piece, int]] = field(default_factory=dict)
    interrupt_after: int | None = None

    def copy(self) -> "FakeStock":
        return FakeStock(dict(self.available), dict(self.ledger))

    def key(self) -> frozenset[tuple[tuple[str, str], tuple[Piece, int]]]:
        return frozenset(self.ledger.items())

    def pieces(self, status: Piece) -> dict[str, int]:
        """How many pieces of each product are held, released or shipped."""
        counts: Counter[str] = Counter()
        for (_claim, product), (decided, quantity) in self.ledger.items():
            if decided is status:
                counts[product] += quantity
        return dict(counts)

    async def hold(self, claim: str, lines: Mapping[str, int], /) -> HoldAnswer:
        for product, quantity in lines.items():
            self._step()
            if (claim, product) in self.ledger:
                continue
            if self.available.get(product, 0) >= quantity:
                self._put(claim, product, Piece.HELD, quantity, -quantity)
            else:
                self.ledger[claim, product] = (Piece.REFUSED, quantity)
        return self._all_or_none(claim, lines)

    async def refuse(self, claim: str, lines: Mapping[str, int], /) -> HoldAnswer:
        for product in lines:
            self._step()
            self.ledger.setdefault((claim, product), NEVER)
        return self._all_or_none(claim, lines)

    def _all_or_none(self, claim: str, lines: Mapping[str, int]) -> HoldAnswer:
        decided = {product: self.ledger[claim, product] for product in lines}
        if all(status in {Piece.HELD, Piece.SHIPPED} for status, _ in decided.values()):
            return Held()
        for product, (status, quantity) in decided.items():
            if status is Piece.HELD:
                self._put(claim, product, Piece.RELEASED, quantity, quantity)
        return Refused(
            tuple(
                Shortage(product_id=product, requested=quantity, available=self.available.get(product, 0))
                for product, (status, quantity) in decided.items()
                if status is Piece.REFUSED and quantity
            )
        )

    async def release(self, claim: str, lines: Mapping[str, int], /) -> None:
        for product in lines:
            self._step()
            status, quantity = self.ledger.setdefault((claim, product), NEVER)
            if status is Piece.HELD:
                self._put(claim, product, Piece.RELEASED, quantity, quantity)

    async def ship(self, claim: str, lines: Mapping[str, int], /) -> None:
        for product in lines:
            self._step()
            status, quantity = self.ledger[claim, product]
            if status is Piece.HELD:
                self._put(claim, product, Piece.SHIPPED, quantity, 0)

    def _put(self, claim: str, product: str, status: Piece, quantity: int, change: int) -> None:
        self.ledger[claim, product] = (status, quantity)
        self.available[product] = self.available.get(product, 0) + change

    def _step(self) -> None:
        if self.interrupt_after is None:
            return
        if self.interrupt_after == 0:
            self.interrupt_after = None
            raise TransientError("the connection to the stock was lost")
        self.interrupt_after -= 1


@dataclass
class FakeGateway:
    """Knows the four tokens of the simulated gateway.

    `lose_answers`: that many calls act, and then time out. `refunds_work`: the bank of
    `tok_refund_fails` refunds from now on.
    """

    charges: dict[str, Charged | Declined | Voided] = field(default_factory=dict)
    amounts: dict[str, tuple[Decimal, str]] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, tuple[str, Decimal]] = field(default_factory=dict)
    lose_answers: int = 0
    refunds_work: bool = False

    def copy(self) -> "FakeGateway":
        return FakeGateway(
            dict(self.charges),
            dict(self.amounts),
            dict(self.methods),
            dict(self.refunds),
            refunds_work=self.refunds_work,
        )

    def key(self) -> object:
        return frozenset(self.charges.items()), frozenset(self.refunds), self.refunds_work

    def balance(self) -> Decimal:
        """What customers have paid and not got back."""
        taken = sum((amount for amount, _currency in self.amounts.values()), start=Decimal(0))
        return taken - sum((amount for _id, amount in self.refunds.values()), start=Decimal(0))

    async def charge(self, key: str, amount: Decimal, currency: str, method: str, order_id: str) -> ChargeAnswer:
        if key not in self.charges:
            if method == "tok_declined":
                self.charges[key] = Declined("the card is blue, the bank wants green")
            else:
                self.charges[key] = Charged(f"pay-{order_id}")
                self.amounts[key] = (amount, currency)
                self.methods[key] = method
        self._maybe_lose_answer()
        return self.charges[key]

    async def void(self, key: str, order_id: str) -> VoidAnswer:  # noqa: ARG002 - the port's signature
        decided = self.charges.setdefault(key, Voided())
        self._maybe_lose_answer()
        match decided:
            case Charged(payment_id):
                return AlreadyCharged(payment_id, *self.amounts[key])
            case Declined(reason):
                return AlreadyDeclined(reason)
            case _:
                return decided

    async def refund(
        self,
        key: str,
        payment_id: str,
        amount: Decimal,
        currency: str,  # noqa: ARG002 - the port's signature
        order_id: str,
    ) -> RefundAnswer:
        charge = f"payment_{order_id}"
        assert self.charges.get(charge) == Charged(payment_id), "a refund of what was never charged"
        if self.methods[charge] == "tok_refund_fails" and not self.refunds_work:
            return RefundRefused("the bank keeps it")
        self.refunds.setdefault(key, (f"ref-{order_id}", amount))
        self._maybe_lose_answer()
        return Refunded(self.refunds[key][0])

    def _maybe_lose_answer(self) -> None:
        if self.lose_answers:
            self.lose_answers -= 1
            raise GatewayTimeout("the gateway has gone for lunch")


@dataclass
class FakeCarrier:
    """Goes everywhere but to Antarctica. `lose_answers`: that many calls act, and then time out."""

    bookings: dict[str, ports.Booked | ports.NotServed | ports.Voided] = field(default_factory=dict)
    lose_answers: int = 0

    def copy(self) -> "FakeCarrier":
        return FakeCarrier(dict(self.bookings))

    def key(self) -> object:
        return frozenset(self.bookings.items())

    def parcels(self) -> int:
        """How many parcels are on their way."""
        return sum(isinstance(booking, ports.Booked) for booking in self.bookings.values())

    async def book(
        self,
        key: str,
        order_id: str,
        address: Address,
        lines: Mapping[str, int],  # noqa: ARG002 - the port's signature
    ) -> ports.BookAnswer:
        if key not in self.bookings:
            if address.country == "AQ":
                self.bookings[key] = ports.NotServed("penguins do not sign")
            else:
                self.bookings[key] = ports.Booked(f"ship-{order_id}", f"track-{order_id}")
        self._maybe_lose_answer()
        return self.bookings[key]

    async def void(self, key: str, order_id: str) -> ports.VoidAnswer:  # noqa: ARG002 - the port's signature
        decided = self.bookings.setdefault(key, ports.Voided())
        self._maybe_lose_answer()
        match decided:
            case ports.Booked(shipment_id, number, name):
                return ports.AlreadyBooked(shipment_id, number, name)
            case ports.NotServed(reason):
                return ports.AlreadyRefused(reason)
            case _:
                return decided

    def _maybe_lose_answer(self) -> None:
        if self.lose_answers:
            self.lose_answers -= 1
            raise CarrierTimeout("the van is in a tunnel")
