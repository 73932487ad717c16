"""What has really happened to money, parcels and stock, and the rules about it that hold at every moment."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tests.simulation.saga import Document, is_amount, pieces_of, total_of

Broke = Callable[[str, str], None]


@dataclass(slots=True)
class Effects:
    """Books of what the gateway, the carrier and the warehouse have done, kept from what they write down.

    Attributes:
        broke: told of a broken rule: the rule, and what has happened.
        reserved: by order: the data of the event that says that its items are held. It is what is paid and shipped.
        reservations: by order: what inventory has stored of it.
        charges, refunds, parcels: by order: the first entry of the ledger.
        allocations: by product and claim: what is held.
    """

    broke: Broke
    reserved: dict[str, Document] = field(default_factory=dict)
    reservations: dict[str, Document] = field(default_factory=dict)
    charges: dict[str, Document] = field(default_factory=dict)
    refunds: dict[str, Document] = field(default_factory=dict)
    parcels: dict[str, Document] = field(default_factory=dict)
    allocations: dict[tuple[str, str], Document] = field(default_factory=dict)
    _pieces: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def money_moved(self, entry: Document) -> None:
        """The gateway has written something down."""
        if entry["kind"] == "permission":
            return
        order_id = entry["order_id"]
        is_refund = entry["kind"] == "refund"
        self._first_stands(self.refunds if is_refund else self.charges, entry)
        if is_refund:
            self._refunded(order_id, entry)
        elif entry["outcome"] == "charged":
            self._charged(order_id, entry)

    def _charged(self, order_id: str, entry: Document) -> None:
        order = self.reserved.get(order_id)
        if order is None:
            self.broke("nothing is charged that is not reserved", order_id)
            return
        price = f"{total_of(order['items'])} {order['currency']}"
        if f"{Decimal(entry['amount'])} {entry['currency']}" != price or not is_amount(
            entry["amount"], entry["currency"]
        ):
            self.broke("a charge is what the items cost", f"{order_id}: {entry['amount']} {entry['currency']}, {price}")

    def _refunded(self, order_id: str, entry: Document) -> None:
        charge = self.charges.get(order_id, {})
        if charge.get("outcome") != "charged":
            self.broke("no refund without a charge", order_id)
        elif (entry["amount"], entry["currency"]) != (charge["amount"], charge["currency"]):
            self.broke("a refund is what was charged", f"{order_id}: {entry['amount']} of {charge['amount']}")
        if outcome(self.parcels, order_id) == "booked":
            self.broke("never shipped and refunded", f"{order_id} is refunded, its parcel is on its way")

    def parcel_moved(self, entry: Document) -> None:
        """The carrier has written something down."""
        order_id = entry["order_id"]
        self._first_stands(self.parcels, entry)
        if entry["outcome"] != "booked":
            return
        if outcome(self.charges, order_id) != "charged":
            self.broke("nothing ships unpaid", order_id)
        if order_id in self.refunds:
            self.broke("never shipped and refunded", f"{order_id} ships, its money was given back")
        order = self.reserved.get(order_id, {"items": (), "shipping_address": {"country": ""}})
        pieces = sum(pieces_of(order["items"]).values())
        if (entry["pieces"], entry["country"]) != (pieces, order["shipping_address"]["country"]):
            self.broke("what ships is what was ordered", f"{order_id}: {entry['pieces']} pieces to {entry['country']}")

    def _first_stands(self, book: dict[str, Document], entry: Document) -> None:
        known = book.setdefault(entry["order_id"], entry)
        if known["outcome"] != entry["outcome"] or known["id"] != entry["id"]:
            self.broke("the first entry of a ledger stands", f"{entry['id']} was {known['outcome']}")

    def stock_moved(self, document: Document) -> None:
        """The warehouse has written something down: an allocation, or the counts of a product."""
        if "available_quantity" in document:
            self._counted(document)
        elif "claim" in document:
            self._allocated(document)

    def _counted(self, document: Document) -> None:
        product = document["id"]
        counts = {kind: document[f"{kind}_quantity"] for kind in ("available", "reserved", "shipped")}
        if min(counts.values()) < 0 or sum(counts.values()) != document["seeded_quantity"]:
            self.broke("stock adds up", f"{product}: {counts} of {document['seeded_quantity']}")
        pieces = self._pieces[product]
        if (counts["reserved"], counts["shipped"]) != (pieces["held"], pieces["shipped"]):
            self.broke("the counts are those of the allocations", f"{product}: {counts}, {dict(pieces)}")

    def _allocated(self, document: Document) -> None:
        key = document["product_id"], document["claim"]
        before = self.allocations.get(key)
        if before is not None:
            if before["state"] not in {"held", document["state"]}:
                self.broke("an allocation never goes back", f"{key}: {before['state']} to {document['state']}")
            if (before["quantity"], before["order_id"]) != (document["quantity"], document["order_id"]):
                self.broke("a claim is of one order and its lines", f"{key}: {before['quantity']} before")
            self._pieces[document["product_id"]][before["state"]] -= before["quantity"]
        self._pieces[document["product_id"]][document["state"]] += document["quantity"]
        self.allocations[key] = document

    # What the services say of it

    def cancelled(self, order_id: str) -> None:
        """At the moment when it is said, nothing is held."""
        rule = "CANCELLED is true when it is said"
        if outcome(self.parcels, order_id) == "booked":
            self.broke(rule, f"the parcel of {order_id} is on its way")
        if outcome(self.charges, order_id) == "charged" and order_id not in self.refunds:
            self.broke(rule, f"{order_id} was charged and not refunded")
        if states := self.counted(order_id) & {"held", "shipped"}:
            self.broke(rule, f"items of {order_id} are {', '.join(sorted(states))}")

    def completed(self, order_id: str) -> None:
        """At the moment when it is said, it is paid and on its way, and has its items."""
        rule = "COMPLETED is true when it is said"
        if outcome(self.parcels, order_id) != "booked":
            self.broke(rule, f"{order_id} has no parcel")
        if outcome(self.charges, order_id) != "charged" or order_id in self.refunds:
            self.broke(rule, f"{order_id} is not paid")
        states = self.counted(order_id)
        if not states or states - {"held", "shipped"}:
            self.broke(rule, f"{order_id} does not have its items: {sorted(states)}")

    def counted(self, order_id: str) -> set[str]:
        """Where the lines are that inventory has accepted. What other lines under this id hold is given back, soon."""
        wanted = pieces_of(self.reservations.get(order_id, {}).get("lines", ()))
        return {
            document["state"]
            for claim in self.claims(order_id).values()
            if {product: document["quantity"] for product, document in claim.items()} == wanted
            for document in claim.values()
        }

    def claims(self, order_id: str) -> dict[str, dict[str, Document]]:
        """Everything that was ever claimed for an order, by claim and product."""
        claims: defaultdict[str, dict[str, Document]] = defaultdict(dict)
        for (product, claim), document in self.allocations.items():
            if document["order_id"] == order_id:
                claims[claim][product] = document
        return claims

    def kept(self, order_id: str) -> Decimal:
        """The money that is kept for an order."""
        charge, refund = self.charges.get(order_id, {}), self.refunds.get(order_id, {})
        taken = Decimal(charge["amount"]) if charge.get("outcome") == "charged" else Decimal(0)
        return taken - Decimal(refund.get("amount", 0))


def outcome(book: Mapping[str, Document], order_id: str) -> str | None:
    """What the ledger says about an order."""
    entry = book.get(order_id)
    return None if entry is None else str(entry["outcome"])
