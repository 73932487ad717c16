"""What must be true in the end if a service is dead for good.

An order is closed only when every participant has confirmed, so nothing can close an order that waits for a word of the
dead one. What can be decided without it, is decided; its deadline sees to that:

| dead      | every order has ended, or                                                                     |
|-----------|-----------------------------------------------------------------------------------------------|
| payment   | is given up: nothing is held, nothing ships, and only payment has not confirmed               |
| inventory | is given up: no money is kept, nothing ships, and only inventory has not confirmed            |
| shipping  | is asked to be given up: paid, held and not shipped, because shipping alone may decide that   |
| order     | has no end that anybody says; but it has shipped and is paid, or nothing of it is left         |
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.simulation.effects import Effects, outcome
from tests.simulation.saga import ENDED, SERVICES, Document

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

Left = Callable[[Effects, str, Document], bool]


def check_without(simulation: "Simulation") -> None:
    """Every rule that holds without the services that are dead."""
    watcher = simulation.watcher
    if watcher.broken:
        return
    (dead,) = set(SERVICES) - set(simulation.cluster.replicas.alive)
    if dead == "order":
        _without_the_order_service(simulation)
        return
    for order_id, order in watcher.orders.items():
        if order["status"] in ENDED or order["deadline"] is None:
            continue
        told = f"{order_id} is {order['status']} without {dead}"
        failed = any(entry["type"] in {"ShippingFailed.v1", "PaymentFailed.v1"} for entry in order["history"])
        if order_id not in watcher.answers.requested and not failed:
            watcher.broke("a deadline is kept", told)
        if not _LEFT[dead](watcher.effects, order_id, order):
            watcher.broke("what can be decided without the dead one is decided", told)


def _nothing_is_held(effects: Effects, order_id: str) -> bool:
    return all(
        document["state"] != "held" for claim in effects.claims(order_id).values() for document in claim.values()
    )


def _given_up(effects: Effects, order_id: str, order: Document) -> bool:
    return order["status"] == "COMPENSATING" and outcome(effects.parcels, order_id) != "booked"


_LEFT: Mapping[str, Left] = {
    "payment": lambda effects, order_id, order: (
        _given_up(effects, order_id, order) and _nothing_is_held(effects, order_id)
    ),
    "inventory": lambda effects, order_id, order: _given_up(effects, order_id, order) and effects.kept(order_id) == 0,
    "shipping": lambda effects, order_id, order: (
        order["status"] == "PAID" and effects.kept(order_id) >= 0 and not _nothing_is_held(effects, order_id)
    ),
}


def _without_the_order_service(simulation: "Simulation") -> None:
    effects = simulation.watcher.effects
    for order_id in effects.reserved:
        is_shipped = outcome(effects.parcels, order_id) == "booked"
        if not is_shipped and (effects.kept(order_id) or not _nothing_is_held(effects, order_id)):
            simulation.watcher.broke("what can be decided without the dead one is decided", f"{order_id} is half done")
