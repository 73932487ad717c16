"""The orchestrator that tutorials show: reads well, works on a good day, and is wrong on every other one.

It is kept as it is, to show by the audit what goes wrong. `services/orchestrator/` is the same saga made right. It
writes the same documents into the same databases, with the same ports behind it, so one audit judges both.
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azure.cosmos.aio import ContainerProxy, CosmosClient
from durabletask.task import OrchestrationContext, Task, TaskFailedError

from quartet.engine.records.codec import RecordCodec
from quartet.engine.records.record import Json, Record
from quartet.events import bucket_of, from_json
from services.inventory.cosmos_stock import HELD, RELEASED, SHIPPED
from services.inventory.domain import Reservation, ReservationStatus, claim_of
from services.inventory.service import PARTICIPANT as INVENTORY
from services.order.domain import Fact, Order, OrderStatus
from services.order.service import PARTICIPANT as ORDER
from services.payment.domain import Charge, Payment, PaymentStatus
from services.payment.gateway import Charged, Gateway, RefundRefused, charge_key, refund_key
from services.payment.service import PARTICIPANT as PAYMENT
from services.shipping.carrier import Booked, Carrier
from services.shipping.domain import Parcel, Shipment, ShipmentStatus
from services.shipping.service import PARTICIPANT as SHIPPING
from shared.events import REGISTRY, OrderCreated, merged, quantities


def naive_saga(ctx: OrchestrationContext, order: Json) -> Generator[Task[Any], Any, str]:
    """Do the steps. When one fails, undo those that have succeeded, the last one first."""
    compensations: list[str] = []
    yield ctx.call_activity("create_order", input=order)
    try:
        yield ctx.call_activity("reserve_inventory", input=order)
        compensations.append("release_inventory")

        yield ctx.call_activity("process_payment", input=order)
        compensations.append("refund_payment")

        yield ctx.call_activity("arrange_shipping", input=order)
    except TaskFailedError:
        for compensation in reversed(compensations):
            yield ctx.call_activity(compensation, input=order)
        yield ctx.call_activity("cancel_order", input=order)
        return "CANCELLED"
    yield ctx.call_activity("complete_order", input=order)
    return "COMPLETED"


class OutOfStockError(Exception):
    """There is not enough."""


class DeclinedError(Exception):
    """The customer has not paid."""


class UndeliverableError(Exception):
    """The carrier does not go there."""


class RefundRefusedError(Exception):
    """The bank does not refund."""


@dataclass(frozen=True, slots=True)
class NaiveActivities:
    """What the steps do."""

    cosmos: CosmosClient
    gateway: Gateway
    carrier: Carrier
    buckets: int

    async def create_order(self, order: OrderCreated) -> None:
        """Store the order."""
        await self._put_order(order, OrderStatus.PENDING)

    async def complete_order(self, order: OrderCreated) -> None:
        """It is on its way."""
        for product, quantity in quantities(order.items).items():
            stock = await self._items.read_item(product, product)
            stock["reserved_quantity"] -= quantity
            stock["shipped_quantity"] += quantity
            await self._items.replace_item(product, stock)
            await self._put_allocation(order, product, SHIPPED)
        await self._put_reservation(order, ReservationStatus.SHIPPED)
        await self._put_order(order, OrderStatus.COMPLETED, Fact.SHIPPED)

    async def cancel_order(self, order: OrderCreated) -> None:
        """Everything was undone."""
        await self._put_order(order, OrderStatus.CANCELLED, Fact.NOT_RESERVED)

    async def reserve_inventory(self, order: OrderCreated) -> None:
        """Take each item from the shelf."""
        for product, quantity in quantities(order.items).items():
            stock = await self._items.read_item(product, product)
            if stock["available_quantity"] < quantity:
                raise OutOfStockError(product)
            stock["available_quantity"] -= quantity
            stock["reserved_quantity"] += quantity
            await self._items.replace_item(product, stock)
            await self._put_allocation(order, product, HELD)
        await self._put_reservation(order, ReservationStatus.RESERVED)

    async def release_inventory(self, order: OrderCreated) -> None:
        """Put each item back."""
        for product, quantity in quantities(order.items).items():
            stock = await self._items.read_item(product, product)
            stock["available_quantity"] += quantity
            stock["reserved_quantity"] -= quantity
            await self._items.replace_item(product, stock)
            await self._put_allocation(order, product, RELEASED)
        await self._put_reservation(order, ReservationStatus.RELEASED)

    async def process_payment(self, order: OrderCreated) -> None:
        """Charge the customer."""
        answer = await self.gateway.charge(
            charge_key(order.order_id), order.total, order.currency, order.payment_method, order.order_id
        )
        if not isinstance(answer, Charged):
            raise DeclinedError(order.order_id)
        await self._put_payment(order, answer.payment_id, PaymentStatus.CHARGED)

    async def refund_payment(self, order: OrderCreated) -> None:
        """Give the money back."""
        found = await self._container(PAYMENT.database, PAYMENT.container).read_item(order.order_id, self._pk(order))
        payment_id = found["charge"]["payment_id"]
        key = refund_key(order.order_id)
        answer = await self.gateway.refund(key, payment_id, order.total, order.currency, order.order_id)
        if isinstance(answer, RefundRefused):
            raise RefundRefusedError(answer.reason)
        await self._put_payment(order, payment_id, PaymentStatus.REFUNDED)

    async def arrange_shipping(self, order: OrderCreated) -> None:
        """Book a parcel."""
        key = f"shipment_{order.order_id}"
        answer = await self.carrier.book(key, order.order_id, order.shipping_address, quantities(order.items))
        if not isinstance(answer, Booked):
            raise UndeliverableError(order.order_id)
        parcel = Parcel(answer.shipment_id, answer.tracking_number, "naive")
        shipment = Shipment(order.order_id, ShipmentStatus.SHIPPED, parcel)
        await self._put(SHIPPING.database, SHIPPING.container, order, shipment)

    @property
    def _items(self) -> ContainerProxy:
        return self._container(INVENTORY.database, "items")

    def _container(self, database: str, name: str) -> ContainerProxy:
        return self.cosmos.get_database_client(database).get_container_client(name)

    def _pk(self, order: OrderCreated) -> str:
        return bucket_of(order.order_id, self.buckets)

    async def _put_allocation(self, order: OrderCreated, product: str, state: str) -> None:
        pieces = quantities(order.items)
        claim = claim_of(order.order_id, pieces)
        await self._items.upsert_item(
            {
                "id": f"claim:{claim}",
                "product_id": product,
                "claim": claim,
                "order_id": order.order_id,
                "quantity": pieces[product],
                "state": state,
                "available": 0,
            }
        )

    async def _put_reservation(self, order: OrderCreated, status: ReservationStatus) -> None:
        reservation = Reservation(order.order_id, status, merged(order.items))
        await self._put(INVENTORY.database, INVENTORY.container, order, reservation)

    async def _put_payment(self, order: OrderCreated, payment_id: str, status: PaymentStatus) -> None:
        charge = Charge(payment_id, order.total, order.currency)
        await self._put(PAYMENT.database, PAYMENT.container, order, Payment(order.order_id, status, charge))

    async def _put_order(self, order: OrderCreated, status: OrderStatus, *facts: Fact) -> None:
        state = Order(
            order.order_id,
            status,
            (Fact.PLACED, *facts),
            customer_id=order.customer_id,
            currency=order.currency,
            total=order.total,
            items=order.items,
            placed_at=datetime.now(UTC),
        )
        await self._put(ORDER.database, ORDER.container, order, state)

    async def _put(self, database: str, container: str, order: OrderCreated, state: Any) -> None:  # noqa: ANN401 -- of any service
        record: Record[Any] = Record(order.order_id, self._pk(order), state)
        await self._container(database, container).upsert_item(RecordCodec(type(state)).encode(record))


def order_in(event: Json) -> OrderCreated:
    """The order that an event speaks of."""
    data = from_json(event, REGISTRY).data
    assert isinstance(data, OrderCreated)
    return data
