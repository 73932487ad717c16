"""What must be true at every moment, checked at the moment: at each write, each append, each checkpoint.

It looks at what lies in the servers, never into the services, and keeps books of its own.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

from quartet.participants import INVENTORY, ORDER, PARTICIPANTS, PAYMENT, SHIPPING
from services.inventory.domain import claim_of
from shared.events import derived_id
from shared.runtime.ports import Message
from shared.runtime.saga_run import COMPENSATION_FAILED
from tests.simulation.hub import Stored

Document: TypeAlias = dict[str, Any]

_CLOSED: Final = frozenset({"COMPLETED", "CANCELLED"})
_SERVICES: Final = {participant.name: participant for participant in PARTICIPANTS}
_OF_DATABASE: Final = {participant.database: participant for participant in PARTICIPANTS}


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that was broken, and how."""

    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"


@dataclass(frozen=True, slots=True)
class Head:
    """What the watcher remembers of an event in the hub."""

    id: str
    type: str
    order_id: str


@dataclass(slots=True)
class Watcher:
    """Keeps books about everything that is stored and said.

    Attributes:
        broken: the rules that were broken so far, in order.
        say: where a broken rule is told as it happens.
        recorded: by service and cause: the ids of the answers.
        heads: by partition: what the events are; None for one that is no event.
        in_hub: the body of every event by its id.
        sources: who has used an id for an event.
        done: by service and partition: up to where everything has been processed.
        history: every write and every event, in order: two runs with equal histories went the same way.
        repeats: how many events came into the hub once more.
        owed: by service, partition and sequence number: whether that event's compensation is still owed.
        needed_attention: the orders that a person had to see to, at some time.
    """

    say: Callable[[str, str], None]
    broken: list[Broken] = field(default_factory=list)
    recorded: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=lambda: defaultdict(dict))
    heads: dict[str, list[Head | None]] = field(default_factory=lambda: defaultdict(list))
    in_hub: dict[str, bytes] = field(default_factory=dict)
    sources: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    done: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(lambda: -1))
    repeats: int = 0
    history: list[str] = field(default_factory=list)
    orders: dict[str, Document] = field(default_factory=dict)
    reservations: dict[str, Document] = field(default_factory=dict)
    charges: dict[str, Document] = field(default_factory=dict)
    refunds: dict[str, Document] = field(default_factory=dict)
    parcels: dict[str, Document] = field(default_factory=dict)
    allocations: dict[tuple[str, str], Document] = field(default_factory=dict)
    needed_attention: set[str] = field(default_factory=set)
    owed: dict[tuple[str, str, int], bool] = field(default_factory=dict)
    _ahead: dict[tuple[str, str], set[int]] = field(default_factory=lambda: defaultdict(set))
    _said: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    _watches: dict[tuple[str, str], Callable[[Document], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watches = {
            (PAYMENT.database, "gateway-ledger"): self._money_moved,
            (SHIPPING.database, "carrier-ledger"): self._parcel_moved,
            (INVENTORY.database, "items"): self._stock_moved,
        }

    def broke(self, rule: str, what: str) -> None:
        """A rule is broken."""
        self.broken.append(Broken(rule, what))
        self.say("WATCHER", f"!! {rule}: {what}")

    # At each write

    def written(self, database: str, container: str, document: Document) -> None:
        """A document was written."""
        self.history.append(f"{database} {document['id']} {document.get('status') or document.get('state') or ''}")
        watch = self._watches.get((database, container))
        if watch is not None:
            watch(document)
            return
        participant = _OF_DATABASE[database]
        if container == participant.container and "handled" in document:
            self._recorded(participant.name, document)
        elif document.get("reason") == COMPENSATION_FAILED:
            place = participant.name, document["partition"], document["sequence_number"]
            self.owed[place] = not document["settled"]

    def _recorded(self, service: str, document: Document) -> None:
        """Answers, once recorded, stay as they are."""
        order_id = document["id"]
        recorded = self.recorded[service]
        for key, answers in document["handled"].items():
            cause = answers[0]["causationid"] if answers else key
            ids = tuple(answer["id"] for answer in answers)
            before = recorded.get(cause, ids)
            recorded[cause] = ids
            # A compensation that is owed may be done later: what is said then is added.
            owed = any(answer["type"] == "CompensationFailed.v1" for answer in answers[: len(before)])
            if before != ids and not (owed and before == ids[: len(before)]):
                self.broke("answers are recorded once", f"{service} answered {cause} twice, about {order_id}")
        if service == ORDER.name:
            before_status = self.orders.get(order_id, {}).get("status")
            if before_status in _CLOSED and document["status"] != before_status:
                self.broke("an end is final", f"{order_id} was {before_status} and is {document['status']}")
            self.orders[order_id] = document
            if document["status"] == "NEEDS_ATTENTION":
                self.needed_attention.add(order_id)
        elif service == INVENTORY.name:
            self.reservations[order_id] = document

    def _money_moved(self, entry: Document) -> None:
        if entry["kind"] == "permission":
            return
        book = self.refunds if entry["kind"] == "refund" else self.charges
        order_id = entry["order_id"]
        self._first_stands(book, entry)
        if entry["kind"] == "refund":
            if self._outcome(self.charges, order_id) != "charged":
                self.broke("no refund without a charge", order_id)
            if self._outcome(self.parcels, order_id) == "booked":
                self.broke("never shipped and refunded", f"{order_id} is refunded, its parcel is on its way")

    def _parcel_moved(self, entry: Document) -> None:
        order_id = entry["order_id"]
        self._first_stands(self.parcels, entry)
        if entry["outcome"] == "booked":
            if self._outcome(self.charges, order_id) != "charged":
                self.broke("nothing ships unpaid", order_id)
            if order_id in self.refunds:
                self.broke("never shipped and refunded", f"{order_id} ships, its money was given back")

    def _first_stands(self, book: dict[str, Document], entry: Document) -> None:
        known = book.setdefault(entry["order_id"], entry)
        if known["outcome"] != entry["outcome"] or known["id"] != entry["id"]:
            self.broke("the first entry of a ledger stands", f"{entry['id']} was {known['outcome']}")

    @staticmethod
    def _outcome(book: Mapping[str, Document], order_id: str) -> str | None:
        entry = book.get(order_id)
        return None if entry is None else str(entry["outcome"])

    def _stock_moved(self, document: Document) -> None:
        if "available_quantity" in document:
            counts = [document[f"{kind}_quantity"] for kind in ("available", "reserved", "shipped")]
            if min(counts) < 0 or sum(counts) != document["seeded_quantity"]:
                self.broke("stock adds up", f"{document['id']}: {counts} of {document['seeded_quantity']}")
        elif "claim" in document:
            key = document["product_id"], document["claim"]
            before = self.allocations.get(key)
            if before is not None and before["state"] not in {"held", document["state"]}:
                self.broke("an allocation never goes back", f"{key}: {before['state']} to {document['state']}")
            self.allocations[key] = document

    # At each append

    def appended(self, event: Stored) -> None:
        """An event came into the hub."""
        heads = self.heads[event.partition]
        content = _read(event.body)
        if content is None:
            heads.append(None)
            return
        head = Head(content["id"], content["type"], content["subject"])
        heads.append(head)
        self.sources[head.id].add(content["source"])
        self.history.append(f"{head.type} {head.order_id}")
        service = content["source"].rpartition("/")[2] if content["source"].startswith("/services/") else None
        cause = content.get("causationid")
        if service is not None and cause is not None:
            self._answered(service, cause, content, event.body)
        else:
            self.in_hub.setdefault(head.id, event.body)
            if service is not None:
                self._same_id((service, "its own accord", head.type, head.order_id), head.id)
        if head.type == "OrderCancelled.v1":
            self._cancelled_truly(head.order_id)
        elif head.type == "OrderCompleted.v1":
            self._completed_truly(head.order_id)

    def _answered(self, service: str, cause: str, content: Document, body: bytes) -> None:
        event_id, kind = content["id"], content["type"]
        if event_id not in self.recorded[service].get(cause, ()):
            self.broke(
                "an answer is recorded before it is said", f"{service} says {kind} {event_id} because of {cause}"
            )
        compensation = content["data"].get("compensation", "")
        self._same_id((service, cause, kind, compensation), event_id)
        if event_id not in {derived_id(source, cause, kind, compensation) for source in self.sources[cause]}:
            self.broke("the id of an answer is derived", f"{service} says {kind} because of {cause} as {event_id}")
        before = self.in_hub.setdefault(event_id, body)
        if before is not body:
            self.repeats += 1
            if before != body:
                self.broke("a repeat is the same event", f"{service} says {kind} {event_id} in two ways")

    def _same_id(self, said: tuple[str, str, str, str], event_id: str) -> None:
        if self._said.setdefault(said, event_id) != event_id:
            self.broke("a repeat has the same id", " ".join(said))

    def _cancelled_truly(self, order_id: str) -> None:
        """At the moment when it is said, nothing is held."""
        if self._outcome(self.parcels, order_id) == "booked":
            self.broke("CANCELLED is true when it is said", f"the parcel of {order_id} is on its way")
        if self._outcome(self.charges, order_id) == "charged" and order_id not in self.refunds:
            self.broke("CANCELLED is true when it is said", f"{order_id} was charged and not refunded")
        for (product, claim), state in self._counted_claim(order_id):
            if state in {"held", "shipped"}:
                self.broke("CANCELLED is true when it is said", f"{product} is {state} for {claim}")

    def _completed_truly(self, order_id: str) -> None:
        if self._outcome(self.parcels, order_id) != "booked":
            self.broke("COMPLETED is true when it is said", f"{order_id} has no parcel")
        if self._outcome(self.charges, order_id) != "charged" or order_id in self.refunds:
            self.broke("COMPLETED is true when it is said", f"{order_id} is not paid")
        if any(state not in {"held", "shipped"} for _, state in self._counted_claim(order_id)):
            self.broke("COMPLETED is true when it is said", f"{order_id} does not have its items")

    def _counted_claim(self, order_id: str) -> list[tuple[tuple[str, str], str]]:
        """What the stock says about the lines that inventory has accepted. Other lines are given back, soon."""
        lines = self.reservations.get(order_id, {}).get("lines", ())
        pieces = {line["product_id"]: line["quantity"] for line in lines}
        claim = claim_of(order_id, pieces)
        keys = [(product, claim) for product in pieces]
        return [(key, self.allocations[key]["state"]) for key in keys if key in self.allocations]

    # At each end of a batch, and at each checkpoint

    def processed(self, service: str, partition: str, messages: Sequence[Message]) -> None:
        """A replica says that it has handled a batch completely."""
        heads, recorded = self.heads[partition], self.recorded[service]
        key = (service, partition)
        ahead = self._ahead[key]
        for message in messages:
            ahead.add(message.sequence_number)
            head = heads[message.sequence_number]
            # What is owed is answered once more by whoever redrives it, who also sees to it that the hub gets it.
            if head is not None and not self.owed.get((service, partition, message.sequence_number)):
                for answer in recorded.get(head.id, ()):
                    if answer not in self.in_hub:
                        self.broke(
                            "a handled event's answers are in the hub", f"{service} has not said {answer} of {head}"
                        )
        while self.done[key] + 1 in ahead:
            self.done[key] += 1
            ahead.discard(self.done[key])

    def checkpointed(self, service: str, partition: str, sequence_number: int) -> None:
        """A checkpoint is written."""
        if sequence_number > self.done[service, partition]:
            self.broke(
                "a checkpoint is a watermark",
                f"{service} checkpoints {partition} at {sequence_number}, done up to {self.done[service, partition]}",
            )

    def hears(self, service: str, kind: str) -> bool:
        """Whether the service has a handler for this type of event."""
        return kind in _SERVICES[service].hears

    def kept(self, order_id: str) -> Decimal:
        """The money that is kept for an order."""
        charge = self.charges.get(order_id, {})
        refund = self.refunds.get(order_id, {})
        taken = Decimal(charge.get("amount", 0)) if charge.get("outcome") == "charged" else Decimal(0)
        return taken - Decimal(refund.get("amount", 0))


def _read(body: bytes) -> Document | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict) or not {"id", "source", "type", "subject", "data"} <= content.keys():
        return None
    return content
