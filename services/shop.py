"""The shop as one object."""

from typing import Final

from quartet import Choreography
from services.inventory.service import SERVICE as INVENTORY
from services.order.service import SERVICE as ORDER
from services.payment.service import SERVICE as PAYMENT
from services.shipping.service import SERVICE as SHIPPING
from shared.events import REGISTRY, CompensationFailed, OrderCancellationRequested, OrderCancelled, OrderCreated
from shared.events.samples import SAMPLES
from shared.events.workloads import WORKLOADS

SHOP: Final = Choreography(
    name="shop",
    events=REGISTRY,
    inbound_hub="orders",
    services=(ORDER, INVENTORY, PAYMENT, SHIPPING),
    failed_ends={OrderCancelled},
    failed_compensations={CompensationFailed},
    inputs=(OrderCreated, OrderCancellationRequested),
    samples=SAMPLES,
    commands={
        "demo": "services.operations.demo.command:demo",
        "seed": "services.operations.seed.command:seed",
        "publish": "services.operations.publish.command:publish",
        "cancel": "services.operations.publish.cancel:cancel",
        "status": "services.operations.status.command:status",
        "audit": "services.operations.audit.command:audit",
    },
    on_start="services.operations.seed.seeding:fill_empty_shelves",
    watch="services.operations.audit.watching:watch",
    workloads=WORKLOADS,
    styles={"orchestrated": "services.orchestrator.app:ORCHESTRATED"},
)
