"""The audit reads to the end, however much there is: what is wrong stands in the last row."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from quartet_emulators.cosmos.in_process import InProcessAccount

from quartet.cli.reading.stored import Stored
from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Record
from quartet.testing.clock import VirtualLoop
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.machine.trace import Trace
from quartet.testing.cluster.plan.faults import Faults
from quartet.testing.cluster.servers.cosmos import MemoryCosmos
from services.inventory.domain import Reservation, ReservationStatus
from services.operations.audit.invariants import audit
from services.operations.audit.ledgers import Ledgers
from services.operations.audit.reading import read_snapshot
from services.operations.audit.snapshot import Snapshot
from services.operations.participants import PARTICIPANTS, PAYMENT, SHIPPING
from services.order.domain import Fact, Order, OrderStatus
from services.payment.service import GATEWAY_LEDGER
from services.payment.simulated_gateway import SimulatedGateway
from services.shipping.service import CARRIER_LEDGER
from services.shipping.simulated_carrier import SimulatedCarrier
from shared.events import Item
from tests.simulation.audited import opened

_MANY = 1_001
PIECE = Item(product_id="pin", quantity=1, unit_price=Decimal("1.00"))


def filled() -> MemoryCosmos:
    cosmos = MemoryCosmos(PARTICIPANTS, InProcessAccount, lambda: 1000.0, lambda *_written: None)
    for number in range(_MANY):
        name, pk = f"o-{number:04}", str(number % 4)
        is_last = number == _MANY - 1
        order = Order(
            name, OrderStatus.CANCELLED, (Fact.PLACED,), currency="GBP", total=Decimal("1.00"), items=(PIECE,)
        )
        cosmos.fill("orders", "orders", RecordCodec(Order).encode(Record(name, pk, order)))
        reservation = Reservation(name, ReservationStatus.REFUSED)
        cosmos.fill("inventory", "reservations", RecordCodec(Reservation).encode(Record(name, pk, reservation)))
        cosmos.fill("inventory", "items", shelf(name, wrong=is_last))
        kind = {"kind": "charge", "outcome": "charged", "amount": "1.00", "currency": "GBP"}
        cosmos.fill("payments", "gateway-ledger", {"id": f"payment_{name}", "pk": pk, "order_id": name, **kind})
        parcel = {"id": f"shipment_{name}", "pk": pk, "order_id": name, "outcome": "booked"}
        cosmos.fill("shipping", "carrier-ledger", parcel)
    return cosmos


def shelf(name: str, *, wrong: bool) -> dict[str, Any]:
    return {
        "id": name,
        "product_id": name,
        "available_quantity": 1,
        "reserved_quantity": 0,
        "shipped_quantity": 0,
        "seeded_quantity": 2 if wrong else 1,
    }


def snapshot_of(cosmos: MemoryCosmos) -> Snapshot:
    loop = VirtualLoop()
    network = Network(Faults(()), Trace(keep=False))

    async def read() -> Snapshot:
        connection = opened(cosmos, network, Process("audit-1"))
        gateway = SimulatedGateway(connection.container(PAYMENT, GATEWAY_LEDGER.name), 4)
        carrier = SimulatedCarrier(connection.container(SHIPPING, CARRIER_LEDGER.name), 4)
        return await read_snapshot(Stored(connection), Ledgers(gateway, carrier))

    try:
        return loop.run_until_complete(read())
    finally:
        loop.close()


def test_what_is_wrong_in_the_last_row_is_found() -> None:
    findings = {finding.number: finding for finding in audit(snapshot_of(filled()), timedelta(0))}
    last = f"o-{_MANY - 1:04}"
    assert [violation.subject for violation in findings[1].violations] == [last]
    assert findings[1].figures["products"] == _MANY
    assert (findings[2].figures["charges"], findings[2].figures["shipments"]) == (_MANY, _MANY)
    assert findings[3].figures == {"CANCELLED": _MANY}
    assert len({violation.subject for violation in findings[3].violations}) == _MANY
