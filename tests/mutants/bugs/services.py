"""Bugs in the four services."""

from typing import Final

from tests.mutants.mutant import mutant

SERVICES: Final = (
    mutant(
        "no condition on the stock",
        "services/inventory/cosmos_stock.py",
        'enough = {"filter_predicate": f"FROM c WHERE c.available_quantity >= {needed}"} if needed > 0 else {}',
        "enough: dict[str, str] = {}",
    ),
    mutant(
        "a release that is not idempotent",
        "services/inventory/cosmos_stock.py",
        'if found.state != HELD or request.verb in {"hold", "refuse"}:',
        'if found.state in {REFUSED, SHIPPED} or request.verb in {"hold", "refuse"}:',
    ),
    mutant(
        "a partly refused order keeps what it holds",
        "services/inventory/cosmos_stock.py",
        '        await self._ask("release", claim, others)\n        return Refused(',
        "        return Refused(",
    ),
    mutant(
        "no tombstone in inventory",
        "services/inventory/handlers.py",
        "return domain.tombstone(event.data.order_id, event.data.reason)",
        'return Ignored("nothing held")',
    ),
    mutant(
        "no tombstone in payment",
        "services/payment/handlers.py",
        "        return await _void_or_refund(event.data.order_id, reason, gateway)\n    match payment.status:",
        '        return Ignored("nothing charged")\n    match payment.status:',
    ),
    mutant(
        "no tombstone in shipping",
        "services/shipping/handlers.py",
        "    answer = await carrier.void(shipment_key(request.order_id), request.order_id)\n",
        '    if request.reason:\n        return Ignored("nothing booked")\n'
        "    answer = await carrier.void(shipment_key(request.order_id), request.order_id)\n",
    ),
    mutant(
        "payment acts on a request for cancellation",
        "services/payment/service.py",
        "    InventoryReserved,\n    PaymentCompleted,",
        "    InventoryReserved,\n    OrderCancellationRequested,\n    PaymentCompleted,",
        "        on(\n            ShippingFailed,",
        "        on(OrderCancellationRequested, refund_payment, says={PaymentRefunded, PaymentVoided}),\n"
        "        on(\n            ShippingFailed,",
    ),
    mutant(
        "a void that the gateway does not know of",
        "services/payment/handlers.py",
        "    answer = await gateway.void(charge_key(order_id), order_id)\n",
        "    answer = Voided() if order_id else await gateway.void(charge_key(order_id), order_id)\n",
    ),
    mutant(
        "an unknown outcome taken for a refusal",
        "services/payment/handlers.py",
        "    answer = await gateway.void(charge_key(event.data.order_id), event.data.order_id)\n    match answer:\n"
        "        case Voided():\n"
        "            return domain.failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)",
        "    answer = Voided()\n    match answer:\n"
        "        case Voided():\n"
        "            return domain.failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)",
    ),
    mutant(
        "what has shipped can still be cancelled",
        "services/shipping/handlers.py",
        "        return domain.too_late(shipment) if shipment.status is ShipmentStatus.SHIPPED else"
        " _already(shipment)\n",
        "        return domain.cancelled(request.order_id, request.reason)\n",
    ),
    mutant(
        "a parcel that can be called back",
        "services/shipping/handlers.py",
        "        case AlreadyBooked():\n            # Another",
        "        case AlreadyBooked() if not request.reason:\n            # Another",
        "        case Voided():\n            return domain.cancelled(",
        "        case Voided() | AlreadyBooked():\n            return domain.cancelled(",
        case="cancelled",
    ),
    mutant(
        "CANCELLED before the money is back",
        "services/order/domain.py",
        "undone = Fact.RELEASED in facts and not facts.isdisjoint(_MONEY_IS_BACK)",
        "undone = Fact.RELEASED in facts",
    ),
    mutant(
        "CANCELLED before the items are back",
        "services/order/domain.py",
        "undone = Fact.RELEASED in facts and not facts.isdisjoint(_MONEY_IS_BACK)",
        "undone = not facts.isdisjoint(_MONEY_IS_BACK)",
    ),
    mutant(
        "a conflicting order overwrites the first",
        "services/order/handlers.py",
        '        return Rejected("conflicting_order", f"order {order.order_id} was placed before with other data")\n',
        "        return domain.place(order, event, policy)\n",
    ),
    mutant(
        "the order service believes what was not reserved",
        "services/order/domain.py",
        "            return _agreed(order, said).learn(fact, event)\n",
        "            return order.learn(fact, event, note=said.customer_id)\n",
    ),
    mutant(
        "an idempotency key that is new each time",
        "services/payment/simulated_gateway.py",
        '{"id": key, "order_id": order_id, **what}',
        '{"id": f"{key}_{id(what)}", "order_id": order_id, **what}',
    ),
    # What is ordered
    mutant(
        "a total that uses one price per product",
        "shared/events/parts.py",
        "    return sum((item.quantity * item.unit_price for item in items), start=Decimal(0))",
        "    lines = list(items)\n    prices = {item.product_id: item.unit_price for item in lines}\n"
        "    return sum((item.quantity * prices[item.product_id] for item in lines), start=Decimal(0))",
    ),
    mutant(
        "a product that comes twice counts once",
        "shared/events/parts.py",
        "pieces[line.product_id] = pieces.get(line.product_id, 0) + line.quantity",
        "pieces[line.product_id] = line.quantity",
    ),
    mutant(
        "products without capitals",
        "services/inventory/handlers.py",
        "    pieces = quantities(lines)\n",
        "    pieces = {product.lower(): count for product, count in quantities(lines).items()}\n",
    ),
    # What is given back
    mutant(
        "a refund that is too large",
        "services/payment/handlers.py",
        "refund_key(order_id), charge.payment_id, charge.amount, charge.currency, order_id)",
        "refund_key(order_id), charge.payment_id, charge.amount + 1, charge.currency, order_id)",
    ),
    # Deadlines
    mutant(
        "what is paid has no deadline",
        "services/order/domain.py",
        "CAN_TIME_OUT = frozenset({OrderStatus.PENDING, OrderStatus.INVENTORY_RESERVED, OrderStatus.PAID})",
        "CAN_TIME_OUT = frozenset({OrderStatus.PENDING, OrderStatus.INVENTORY_RESERVED})",
        proof="tests/simulation/test_dead_for_good.py",
    ),
    mutant(
        "a deadline that passes too early",
        "services/order/deadline.py",
        '{"name": "@now", "value": now.isoformat()',
        '{"name": "@now", "value": (now + timedelta(seconds=60)).isoformat()',
    ),
    mutant(
        "seeding once more fills the shelves once more",
        "services/operations/seed/seeding.py",
        "            await items.create_item(stock_document(product))\n"
        "    except CosmosResourceExistsError:\n"
        "        return False",
        "            await items.create_item(stock_document(product))\n    except CosmosResourceExistsError:\n"
        '        await _deliver(items, product, "again")\n        return False',
        case="seeded, and the seeding dies",
    ),
    mutant(
        "a reservation that cannot be seen yet is none",
        "services/inventory/handlers.py",
        '        raise TransientError(f"the reservation of order {event.data.order_id} cannot be seen yet")',
        '        return Ignored("nothing reserved")',
        proof="tests/domain/test_inventory.py",
    ),
    mutant(
        "claims that differ from process to process",
        "services/inventory/domain.py",
        'return f"{order_id}.{blake2b(lines.encode(), digest_size=4).hexdigest()}"',
        'return f"{order_id}.{hash(lines):x}"',
        proof="tests/simulation/test_simulation.py::test_a_run_repeats_exactly_in_another_process",
    ),
)
