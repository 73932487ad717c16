"""The shop's samples and the acts of its demonstration, in a world that records."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from quartet.cli.publish.outgoing import SOURCE
from quartet.events import EventData, legacy_derived_id, service_source
from quartet.testing import World
from services.order.domain import OrderPolicy
from services.order.settings import OrderSettings
from services.payment.gateway import ChargeAnswer, GatewayTimeout
from services.shop import SHOP
from shared.events import CancellationReason, OrderCancellationRequested, OrderCreated
from tests.domain.fakes import FakeCarrier, FakeGateway, FakeStock

SAMPLES: Final = Path(__file__).parents[2] / "samples"
RECORDS = True
"""Whether the worlds record; a test compares what they do with what they do without."""

_ENOUGH: Final = 100_000
# Twenty more plain orders that are paid and shipped would say nothing new.
_PLAIN: Final = frozenset(f"ord-{number}" for number in range(1007, 1027))


@dataclass
class _Gateway(FakeGateway):
    """The fake one, with `tok_flaky`: the first answer about it is lost."""

    flaky: set[str] = field(default_factory=set)

    async def charge(self, key: str, amount: Decimal, currency: str, method: str, order_id: str) -> ChargeAnswer:
        answer = await super().charge(key, amount, currency, method, order_id)
        if method == "tok_flaky" and key not in self.flaky:
            self.flaky.add(key)
            raise GatewayTimeout("the gateway did not answer in time")
        return answer


def orders() -> World:
    """All orders of the samples together; one of them is published twice."""
    world = _world(_catalogue())
    for name in ("orders.jsonl", "one-at-a-time.jsonl", "duplicate.jsonl"):
        for line in (SAMPLES / name).read_text(encoding="utf-8").splitlines():
            _say(world, json.loads(line))
    world.run()
    return world


def cancelled() -> World:
    """Too late, too early, and by the deadline, before payment can charge."""
    world = _world(_catalogue())
    _place(world, "cancelled-too-late.jsonl")
    world.run()
    _cancel(world, "too-late-1")
    for order_id in ("changed-mind-1", "changed-mind-2"):
        _cancel(world, order_id)
    world.run()
    _place(world, "cancelled-early.jsonl")
    for order_id in _place(world, "timed-out.jsonl"):
        _cancel(world, order_id, CancellationReason.DEADLINE, service_source("order"))
    world.run()
    return world


def failing() -> World:
    """Ports that do not answer, and a refund that only works when a person has redriven it."""
    world = _world({"rosin-dark": _ENOUGH})
    gateway, carrier = world.ports["payment"], world.ports["shipping"]
    first, second, third = (_plain(name) for name in ("silent-gateway-1", "silent-carrier-1", "refund-fails-1"))
    gateway.lose_answers = 5
    _say(world, first)
    world.run()
    carrier.lose_answers = 5
    _say(world, second)
    world.run()
    third |= {"payment_method": "tok_refund_fails"}
    third["shipping_address"] = {**third["shipping_address"], "country": "AQ"}
    _say(world, third)
    world.run()
    gateway.refunds_work = True
    world.redrive()
    return world


ACTS: Final[Mapping[str, Callable[[], World]]] = {"orders": orders, "cancelled": cancelled, "failing": failing}
"""By the name of the file."""


def recorded(name: str) -> tuple[World, list[str]]:
    """An act that has been played, and the sagas of it that are kept."""
    world = ACTS[name]()
    return world, [saga_id for saga_id in world.sagas if saga_id not in _PLAIN]


def _world(stock: dict[str, int]) -> World:
    policy = OrderPolicy(OrderSettings().order_deadline)
    ports = {"order": policy, "inventory": FakeStock(stock), "payment": _Gateway(), "shipping": FakeCarrier()}
    return World(SHOP, ports, recording=RECORDS)


def _catalogue() -> dict[str, int]:
    products = json.loads((SAMPLES / "catalogue.json").read_text(encoding="utf-8"))
    return {product["product_id"]: product["quantity"] for product in products}


def _place(world: World, name: str) -> list[str]:
    lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines()
    return [_say(world, json.loads(line)) for line in lines]


def _plain(order_id: str) -> dict[str, Any]:
    line = (SAMPLES / "one-at-a-time.jsonl").read_text(encoding="utf-8").splitlines()[0]
    return {**json.loads(line), "order_id": order_id}


def _say(world: World, entry: dict[str, Any]) -> str:
    """Place an order, as `quartet publish` does."""
    is_event = "specversion" in entry
    data = OrderCreated.model_validate(entry["data"] if is_event else entry)
    source, event_id = (entry["source"], entry["id"]) if is_event else (SOURCE, _id(data))
    world.say(data, source=source, id=event_id)
    return data.order_id


def _cancel(world: World, order_id: str, reason: str = CancellationReason.CUSTOMER, source: str = SOURCE) -> None:
    data = OrderCancellationRequested(order_id=order_id, reason=reason)
    world.say(data, source=source, id=_id(data))


def _id(data: EventData) -> str:
    return legacy_derived_id(data.fingerprint(), data.type, SOURCE)
