"""What the services say in the hub, and the rules about it."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from tests.simulation.effects import Effects
from tests.simulation.heads import Head
from tests.simulation.saga import ANSWERS, Document, is_amount, pieces_of, same_lines, total_of

Broke = Callable[[str, str], None]
Said = tuple[str, ...]

_DERIVED = 5
# By how much clocks may differ.
_CLOCKS_DIFFER = timedelta(seconds=5)


@dataclass(slots=True)
class Answers:
    """Books of what came into the hub.

    Attributes:
        broke: told of a broken rule: the rule, and what has happened.
        effects: what has really happened.
        deadline_of: when an order is to be given up, as the order service has stored it.
        now: the true time.
        is_forgotten: whether the record has dropped what was answered, so that it may be answered again, later.
        bodies: by source and id: the event as it came first.
        placed: by order: the data of every order that was placed under this id.
        heads: by id: the events with this id.
        requested: the orders whose deadline the order service has seen pass.
        repeats: how many events came into the hub once more.
    """

    broke: Broke
    effects: Effects
    deadline_of: Callable[[str], datetime | None]
    now: Callable[[], datetime]
    is_forgotten: Callable[[Head], bool]
    bodies: dict[tuple[str, str], bytes] = field(default_factory=dict)
    placed: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    heads: dict[str, list[Head]] = field(default_factory=lambda: defaultdict(list))
    requested: set[str] = field(default_factory=set)
    repeats: int = 0
    _ids: dict[Said, str] = field(default_factory=dict)
    _said: dict[tuple[str, str], Said] = field(default_factory=dict)

    def was_said(self, service: str, event_id: str) -> bool:
        """Whether an event of this id of the service has been in the hub."""
        return (f"/services/{service}", event_id) in self.bodies

    def came(self, head: Head, body: bytes) -> None:
        """A message that is an event came into the hub."""
        if head.service is None:
            self._came_from_outside(head, body)
        elif head.cause is None:
            self._of_its_own_accord(head.service, head, body)
        else:
            self._answered(head.service, head.cause, head, body)
        self.heads[head.id].append(head)

    def _came_from_outside(self, head: Head, body: bytes) -> None:
        self.bodies.setdefault((head.source, head.id), body)
        if head.type == "OrderCreated.v1":
            self.placed[head.order_id].append(head.content["data"])

    def _of_its_own_accord(self, service: str, head: Head, body: bytes) -> None:
        """Without a cause, only the order service says something: that a deadline has passed."""
        self.bodies.setdefault((head.source, head.id), body)
        deadline = self.deadline_of(head.order_id)
        if (service, head.type, head.content["data"]["reason"]) != (
            "order",
            "OrderCancellationRequested.v1",
            "deadline",
        ):
            self.broke("a service answers", f"{service} says {head} because of nothing")
        elif deadline is None or deadline > self.now() + _CLOCKS_DIFFER:
            self.broke("an order has its time", f"{head.order_id} is given up, its deadline is {deadline}")
        self.requested.add(head.order_id)
        self._has_one_id((service, "its own accord", head.type, head.order_id), head)

    def _answered(self, service: str, cause: str, head: Head, body: bytes) -> None:
        data = head.content["data"]
        causes = [known for known in self.heads[cause] if known.order_id == head.order_id]
        if not any(head.type in ANSWERS.get((service, known.type), ()) for known in causes):
            self.broke("a service answers what it hears", f"{service} says {head} because of {cause}: {causes[:2]}")
        self._has_one_id((service, cause, head.type, data.get("compensation", ""), head.order_id), head)
        before = self.bodies.setdefault((head.source, head.id), body)
        if before is not body:
            self.repeats += 1
            if before != body and not (self.is_forgotten(head) and _timeless(before) == _timeless(body)):
                self.broke("a repeat is the same event", f"{service} says {head} in two ways")
        self._is_true(head, data)

    def _has_one_id(self, said: Said, head: Head) -> None:
        """The same answer has the same id, another one another id, and the id is derived and not drawn."""
        if self._ids.setdefault(said, head.id) != head.id:
            self.broke("a repeat has the same id", " ".join(said))
        if self._said.setdefault((head.source, head.id), said) != said:
            self.broke("no two events share an id", f"{head.id}: {said}, {self._said[head.source, head.id]}")
        if UUID(head.id).version != _DERIVED:
            self.broke("the id of an answer is derived", f"{head.service} says {head}")

    def _is_true(self, head: Head, data: Document) -> None:
        """What an event says, against what was ordered and what has really happened."""
        order_id = head.order_id
        match head.type:
            case "InventoryReserved.v1":
                self._reserved(order_id, data)
            case "PaymentCompleted.v1":
                order = self.effects.reserved.get(order_id, {"items": ()})
                if not same_lines(data["items"], order["items"]):
                    self.broke("an order stays what it is", f"{order_id} is paid as {data['items']}")
                if data["shipping_address"] != order.get("shipping_address"):
                    self.broke("an order stays what it is", f"{order_id} ships to {data['shipping_address']}")
                self._costs(order_id, "paid", data["amount"], data["currency"])
            case "PaymentRefunded.v1":
                self._costs(order_id, "refunded", data["amount"], data["currency"])
            case "InventoryReleased.v1" | "OrderShipped.v1":
                # What is held may be released before it was said that it is held.
                if not any(pieces_of(order["items"]) == pieces_of(data["items"]) for order in self.placed[order_id]):
                    self.broke("an order stays what it is", f"{head}: {data['items']}")
            case "OrderCancelled.v1":
                self.effects.cancelled(order_id)
            case "OrderCompleted.v1":
                self._costs(order_id, "completed", data["total"], data["currency"])
                self.effects.completed(order_id)

    def _reserved(self, order_id: str, data: Document) -> None:
        placed = [
            order
            for order in self.placed[order_id]
            if same_lines(order["items"], data["items"])
            and all(order[name] == data[name] for name in ("currency", "payment_method", "shipping_address"))
        ]
        if not placed:
            self.broke("what is reserved was ordered", f"{order_id}: {data['items']} in {data['currency']}")
        self.effects.reserved.setdefault(order_id, data)
        self._costs(order_id, "reserved", data["total"], data["currency"])

    def _costs(self, order_id: str, what: str, amount: str, currency: str) -> None:
        order = self.effects.reserved.get(order_id)
        price = (total_of(order["items"]), order["currency"]) if order else None
        if (Decimal(amount), currency) != price or not is_amount(amount, currency):
            self.broke("an amount is what the items cost", f"{order_id} is {what} for {amount} {currency}, not {price}")


def _timeless(body: bytes) -> Document:
    """An event without the time at which it was decided."""
    content: Document = json.loads(body)
    return content | {"time": ""}
