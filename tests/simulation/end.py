"""What must be true in the end, when everything works again and all is quiet."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from quartet.audit.invariants import audit
from quartet.audit.ledgers import Ledgers
from quartet.audit.reading import read_snapshot
from quartet.connection import Cosmos
from quartet.participants import PARTICIPANTS, PAYMENT, SHIPPING
from services.payment.service import GATEWAY_LEDGER
from services.payment.simulated_gateway import SimulatedGateway
from services.shipping.service import CARRIER_LEDGER
from services.shipping.simulated_carrier import SimulatedCarrier
from shared.runtime.participant import DEAD_LETTERS, Participant
from tests.simulation.cosmos import MemoryContainer
from tests.simulation.process import Process
from tests.simulation.replica import EPOCH

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

_ENDED = frozenset({"COMPLETED", "CANCELLED"})

_FOR_GOOD = frozenset({"not_json", "not_cloudevents", "invalid_envelope", "invalid_data", "unknown_type"}) | {
    "conflicting_order"
}


def is_quiet(simulation: "Simulation") -> bool:
    """Whether every service has handled all that is in the hub, and nothing more is on its way there."""
    return not simulation.network.late and all(
        simulation.watcher.done[participant.name, partition] == len(log) - 1
        for partition, log in simulation.hub.partitions.items()
        for participant in PARTICIPANTS
    )


def open_orders(simulation: "Simulation") -> list[str]:
    """The placed orders that have not ended."""
    placed = {
        publication.order_id
        for publication in simulation.plan.publications
        if publication.what in {"order", "conflict"}
    }
    orders = simulation.watcher.orders
    return sorted(name for name in placed if name not in orders or orders[name]["status"] not in _ENDED)


async def check_end(simulation: "Simulation") -> None:
    """Every rule on what is stored now; broken ones are told to the watcher."""
    watcher = simulation.watcher
    if watcher.broken:
        return
    _all_was_heard(simulation)
    for order_id in open_orders(simulation):
        status = watcher.orders.get(order_id, {}).get("status", "unknown")
        watcher.broke("every saga ends", f"{order_id} is {status}")
    await _audit(simulation)
    _own_books(simulation)
    _unreadable(simulation)
    _cancellations(simulation)
    _conflicts(simulation)
    _open_letters(simulation)


def _all_was_heard(simulation: "Simulation") -> None:
    watcher = simulation.watcher
    for partition, log in simulation.hub.partitions.items():
        for participant in PARTICIPANTS:
            done = watcher.done[participant.name, partition]
            if done != len(log) - 1:
                watcher.broke("all is heard", f"{participant.name} has {partition} up to {done} of {len(log) - 1}")
    for service, recorded in watcher.recorded.items():
        for cause, answers in recorded.items():
            for answer in answers:
                if answer not in watcher.in_hub:
                    watcher.broke("nothing is lost", f"{service} never said its answer {answer} to {cause}")


async def _audit(simulation: "Simulation") -> None:
    """`quartet audit` itself, on what is in memory."""
    process = Process("audit-1")

    class Opened:
        """What the audit's reader asks of its connection."""

        def container(self, participant: Participant[Any], name: str | None = None) -> MemoryContainer:
            return MemoryContainer(
                simulation.cosmos, simulation.network, process, participant.database, name or participant.container
            )

    cosmos = cast(Cosmos, Opened())
    ledgers = Ledgers(
        SimulatedGateway(cosmos.container(PAYMENT, GATEWAY_LEDGER.name), simulation.servers.settings.buckets),
        SimulatedCarrier(cosmos.container(SHIPPING, CARRIER_LEDGER.name), simulation.servers.settings.buckets),
    )
    snapshot = await read_snapshot(cosmos, ledgers)
    snapshot.at = EPOCH + timedelta(seconds=asyncio.get_running_loop().time())
    for finding in audit(snapshot, timedelta(seconds=60)):
        for violation in finding.violations:
            simulation.watcher.broke(f"audit {finding.number}", f"{violation.subject} {violation.what}")


def _own_books(simulation: "Simulation") -> None:
    """The same without the audit's eyes: what the watcher has written down, order by order."""
    watcher = simulation.watcher
    for order_id, order in watcher.orders.items():
        states = {
            document["state"]
            for (_, claim), document in watcher.allocations.items()
            if claim.startswith(f"{order_id}.")
        }
        booked = watcher.parcels.get(order_id, {}).get("outcome") == "booked"
        match order["status"]:
            case "COMPLETED" if not booked or "held" in states or f"{watcher.kept(order_id)}" != order["total"]:
                watcher.broke("COMPLETED is true", f"{order_id}: {booked=}, {states}, kept {watcher.kept(order_id)}")
            case "CANCELLED" if booked or states & {"held", "shipped"} or watcher.kept(order_id):
                watcher.broke("CANCELLED is true", f"{order_id}: {booked=}, {states}, kept {watcher.kept(order_id)}")


def _cancellations(simulation: "Simulation") -> None:
    """Whoever asks for a cancellation gets it, or is told that it was too late."""
    asked = {
        head.order_id
        for heads in simulation.watcher.heads.values()
        for head in heads
        if head is not None and head.type == "OrderCancellationRequested.v1"
    }
    for order_id in sorted(asked):
        order = simulation.watcher.orders.get(order_id, {"status": "", "facts": []})
        if order["status"] == "COMPLETED" and "CANCELLATION_REJECTED" not in order["facts"]:
            simulation.watcher.broke("a cancellation is answered", order_id)


def _conflicts(simulation: "Simulation") -> None:
    """Of two different orders under one id, one is a dead letter of the order service."""
    conflicting = {one.order_id for one in simulation.plan.publications if one.what == "conflict"}
    placed = {one.order_id for one in simulation.plan.publications if one.what == "order"}
    letters = simulation.cosmos.documents("orders", DEAD_LETTERS.name)
    kept = {letter["order_id"] for letter in letters if letter.get("reason") == "conflicting_order"}
    for order_id in sorted((conflicting & placed) - kept):
        simulation.watcher.broke("a conflicting order is a dead letter", order_id)


def _open_letters(simulation: "Simulation") -> None:
    """What the operator could not settle is what nobody could: unreadable, or a conflict."""
    for participant in PARTICIPANTS:
        for letter in simulation.cosmos.documents(participant.database, DEAD_LETTERS.name):
            if not letter["settled"] and letter["reason"] not in _FOR_GOOD:
                what = f"{participant.name}: {letter['event_type']} of {letter['order_id']}: {letter['reason']}"
                simulation.watcher.broke("a redrive settles what is mended", f"{what}: {letter['detail']}")


def _unreadable(simulation: "Simulation") -> None:
    """What cannot be read is a dead letter of everybody who had to look at it."""
    for participant in PARTICIPANTS:
        letters = simulation.cosmos.documents(participant.database, DEAD_LETTERS.name)
        kept = {(letter["partition"], letter["sequence_number"]) for letter in letters if "sequence_number" in letter}
        for partition, heads in simulation.watcher.heads.items():
            for number, head in enumerate(heads):
                if head is None and (partition, number) not in kept:
                    simulation.watcher.broke(
                        "what cannot be read is kept", f"{participant.name} has lost {partition}:{number}"
                    )
