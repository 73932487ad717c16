"""What must be true in the end, when everything works again and all is quiet."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final

from tests.simulation.audited import check_audit
from tests.simulation.effects import outcome
from tests.simulation.heard import check_heard
from tests.simulation.saga import ENDED, pieces_of, same_lines, total_of
from tests.simulation.storage import awaited, is_open

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

FOR_GOOD = frozenset({"not_json", "not_cloudevents", "invalid_envelope", "invalid_data", "unknown_type"}) | {
    "conflicting_order",
    "wrong_author",
    "wrong_hub",
}
"""Why a dead letter may stay one although everything is mended."""

_AGREES: Final[Mapping[tuple[str, str], Collection[str | None]]] = {
    ("COMPLETED", "inventory"): {"SHIPPED"},
    ("COMPLETED", "payment"): {"CHARGED"},
    ("COMPLETED", "shipping"): {"SHIPPED"},
    ("CANCELLED", "inventory"): {"REFUSED", "RELEASED"},
    ("CANCELLED", "payment"): {None, "FAILED", "VOIDED", "REFUNDED"},
    ("CANCELLED", "shipping"): {None, "FAILED", "CANCELLED"},
}


def open_orders(simulation: "Simulation") -> list[str]:
    """The placed orders that have not ended."""
    placed = {
        publication.order_id
        for publication in simulation.plan.publications
        if publication.what in {"order", "conflict"}
    }
    orders = simulation.watcher.orders
    return sorted(name for name in placed if name not in orders or orders[name].get("status") not in ENDED)


async def check_end(simulation: "Simulation") -> None:
    """Every rule on what is stored now; broken ones are told to the watcher."""
    watcher = simulation.watcher
    if watcher.broken:
        return
    _all_was_heard(simulation)
    for order_id in open_orders(simulation):
        status = watcher.orders.get(order_id, {}).get("status", "unknown")
        watcher.broke("every saga ends", f"{order_id} is {status}")
    await check_audit(simulation)
    _ends_are_true(simulation)
    _services_agree(simulation)
    _shelves(simulation)
    _cancellations(simulation)
    _conflicts(simulation)
    _letters(simulation)
    check_heard(simulation)


def _all_was_heard(simulation: "Simulation") -> None:
    watcher = simulation.watcher
    cluster = simulation.cluster
    for service, partition in cluster.behind():
        done, end = watcher.accounts.done[service, partition], len(cluster.logs[partition]) - 1
        watcher.broke("no partition stands still", f"{service} has {partition} up to {done} of {end}")
    for service, recorded in watcher.recorded.items():
        for cause, answers in recorded.items():
            for answer in answers:
                if not watcher.answers.was_said(service, answer):
                    watcher.broke("nothing is lost", f"{service} never said its answer {answer} to {cause}")


def _ends_are_true(simulation: "Simulation") -> None:
    """What was written down about money, parcels and stock, order by order."""
    watcher, effects = simulation.watcher, simulation.watcher.effects
    for order_id, order in watcher.orders.items():
        claims = [document for claim in effects.claims(order_id).values() for document in claim.values()]
        pieces = Counter[str]()
        for document in claims:
            pieces[document["state"]] += document["quantity"]
        booked = outcome(effects.parcels, order_id) == "booked"
        told = f"{order_id}: {booked=}, {dict(pieces)}, kept {effects.kept(order_id)}"
        match order.get("status"):
            case "COMPLETED":
                ordered = effects.reserved[order_id]["items"]
                is_shipped = pieces["shipped"] == sum(pieces_of(ordered).values()) and not pieces["held"]
                if not booked or not is_shipped or effects.kept(order_id) != total_of(ordered):
                    watcher.broke("COMPLETED is true", told)
                if not same_lines(order["items"], ordered) or f"{total_of(ordered)}" != order["total"]:
                    watcher.broke("the order is what was shipped", f"{order_id}: {order['items']}, {order['total']}")
            case "CANCELLED" if booked or pieces["held"] or pieces["shipped"] or effects.kept(order_id):
                watcher.broke("CANCELLED is true", told)


def _services_agree(simulation: "Simulation") -> None:
    states = simulation.watcher.states
    for order_id, order in simulation.watcher.orders.items():
        for (status, service), agrees in _AGREES.items():
            says = states.get((service, order_id), {}).get("status")
            if order.get("status") == status and says not in agrees:
                simulation.watcher.broke("all services agree", f"{order_id} is {status}, {service} says {says}")


def _shelves(simulation: "Simulation") -> None:
    """Nobody has put anything on the shelves, or taken anything away, but what the plan says."""
    for document in simulation.cluster.cosmos.documents("inventory", "items"):
        if "seeded_quantity" in document and document["seeded_quantity"] != simulation.plan.stock[document["id"]]:
            simulation.watcher.broke("the shelves are filled once", f"{document['id']}: {document['seeded_quantity']}")


def _cancellations(simulation: "Simulation") -> None:
    """Whoever asks for a cancellation gets it, or is told that it was too late."""
    asked = {
        head.order_id
        for heads in simulation.watcher.heads.values()
        for head in heads
        if head.type == "OrderCancellationRequested.v1" and not head.kept_by
    }
    for order_id in sorted(asked):
        order = simulation.watcher.orders.get(order_id, {"status": "", "history": []})
        heard = {entry["type"] for entry in order["history"]}
        if order["status"] == "COMPLETED" and "OrderCancellationRejected.v1" not in heard:
            simulation.watcher.broke("a cancellation is answered", order_id)


def _conflicts(simulation: "Simulation") -> None:
    """Of two different orders under one id, one is a dead letter of the order service; no other order is."""
    conflicting = {one.order_id for one in simulation.plan.publications if one.what == "conflict"}
    placed = {one.order_id for one in simulation.plan.publications if one.what == "order"}
    letters = simulation.watcher.letters.stored.values()
    kept = {letter["saga_id"] for letter in letters if letter["reason"] == "conflicting_order"}
    for order_id in sorted((conflicting & placed) ^ kept):
        simulation.watcher.broke("a conflicting order is a dead letter", order_id)


def _letters(simulation: "Simulation") -> None:
    """What the operator could not settle is what nobody could; and whatever an order waits for can be found."""
    watcher = simulation.watcher
    for (service, letter_id), letter in watcher.letters.stored.items():
        if is_open(letter) and letter["reason"] not in FOR_GOOD:
            what = f"{service}: {letter_id}: {letter['event_type']} of {letter['saga_id']}: {letter['reason']}"
            watcher.broke("a redrive settles what is mended", f"{what}: {letter['detail']}")
    for (service, order_id), document in watcher.states.items():
        for letter_id in awaited(document):
            if not watcher.letters.is_open(service, letter_id):
                watcher.broke(
                    "whatever is waited for is an open letter", f"{service}: {order_id} waits for {letter_id}"
                )
