"""`quartet audit` itself, on what is in memory: it must find nothing wrong, and must have seen everything."""

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from quartet.cli.reading.connection import Cosmos
from quartet.cli.reading.stored import Stored
from quartet.engine.declaration.participant import Participant
from quartet.testing.cluster.clients.container import MemoryContainer
from quartet.testing.cluster.machine.network import Network
from quartet.testing.cluster.machine.process import Process
from quartet.testing.cluster.servers.cosmos import MemoryCosmos
from services.operations.audit.invariants import Finding, audit
from services.operations.audit.ledgers import Ledgers
from services.operations.audit.reading import read_snapshot
from services.operations.participants import PAYMENT, SHIPPING
from services.payment.service import GATEWAY_LEDGER
from services.payment.simulated_gateway import SimulatedGateway
from services.shipping.service import CARRIER_LEDGER
from services.shipping.simulated_carrier import SimulatedCarrier

if TYPE_CHECKING:
    from tests.simulation.run import Simulation


class _Opened:
    """What the tools ask of their connection."""

    def __init__(self, cosmos: MemoryCosmos, network: Network, process: Process) -> None:
        self._cosmos = cosmos
        self._network = network
        self._process = process

    def container(self, participant: Participant[Any, Any], name: str | None = None) -> MemoryContainer:
        """As in `quartet.cli.reading.connection`."""
        database, container = participant.database, name or participant.container
        return MemoryContainer(self._cosmos, self._network, self._process, database, container)


def opened(cosmos: MemoryCosmos, network: Network, process: Process) -> Cosmos:
    """A connection of a tool to what is in memory."""
    return cast(Cosmos, _Opened(cosmos, network, process))


async def check_audit(simulation: "Simulation") -> None:
    """Run it, and compare what it has counted with what the watcher has."""
    cluster = simulation.cluster
    cosmos = opened(cluster.cosmos, cluster.network, Process("audit-1"))
    buckets = cluster.setup.settings.buckets
    ledgers = Ledgers(
        SimulatedGateway(cosmos.container(PAYMENT, GATEWAY_LEDGER.name), buckets),
        SimulatedCarrier(cosmos.container(SHIPPING, CARRIER_LEDGER.name), buckets),
    )
    snapshot = await read_snapshot(Stored(cosmos), ledgers)
    snapshot.at = cluster.now
    findings = audit(snapshot, timedelta(seconds=60))
    for finding in findings:
        for violation in finding.violations:
            simulation.watcher.broke(f"audit {finding.number}", f"{violation.subject} {violation.what}")
    _has_seen_everything(simulation, findings)


def _has_seen_everything(simulation: "Simulation", findings: list[Finding]) -> None:
    effects = simulation.watcher.effects
    figures = {finding.number: finding.figures for finding in findings}
    seen = [figures[2][name] for name in ("charges", "refunds", "shipments")]
    true = [
        sum(entry["outcome"] == wanted for entry in book.values())
        for book, wanted in ((effects.charges, "charged"), (effects.refunds, "refunded"), (effects.parcels, "booked"))
    ]
    if seen != true:
        simulation.watcher.broke("the audit sees everything", f"it counts {seen}, there are {true}")
    statuses = Counter(order["status"] for order in simulation.watcher.orders.values() if "status" in order)
    if figures[3] != statuses:
        simulation.watcher.broke("the audit sees everything", f"it counts {figures[3]}, there are {statuses}")
    if figures[1]["products"] != len(simulation.plan.stock):
        simulation.watcher.broke("the audit sees everything", f"it counts {figures[1]['products']} products")
