"""The bugs, as replacements in the source. Each is one that a developer could write, and would not notice in a demo."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


class NotPlantedError(Exception):
    """The text that a bug replaces is not there, or not once: the source has changed, and the bug must follow."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug.

    Attributes:
        name: what is wrong.
        file: where.
        replacements: texts, and the new text for each.
        case: chance seldom meets the moment at which it matters: every moment of this case is looked at first.
        proof: a test that finds it, where the simulation alone cannot.
    """

    name: str
    file: str
    replacements: tuple[tuple[str, str], ...]
    case: str | None = None
    proof: str | None = None

    def plant(self, root: Path) -> None:
        """Write it into the tree under `root`.

        Raises:
            NotPlantedError: a text is not there exactly once.
        """
        path = root / self.file
        source = path.read_text()
        for old, new in self.replacements:
            if (found := source.count(old)) != 1:
                raise NotPlantedError(f"{self.name}: {found} times in {self.file}: {old!r}")
            source = source.replace(old, new)
        path.write_text(source)


def _mutant(name: str, file: str, *texts: str, case: str | None = None, proof: str | None = None) -> Mutant:
    return Mutant(name, file, tuple(zip(texts[::2], texts[1::2], strict=True)), case, proof)


MUTANTS: Final = (
    _mutant(
        "checkpoint before publish",
        "quartet/azure/event_hubs/consumer.py",
        "        batch = await self._process(partition, [message_of(event) for event in events])\n",
        "        self._checkpoints.mark(context, events[-1])\n"
        "        batch = await self._process(partition, [message_of(event) for event in events])\n",
    ),
    _mutant(
        "receiving begins at the end of the stream",
        "quartet/azure/event_hubs/consumer.py",
        'starting_position="-1"',
        'starting_position="@latest"',
    ),
    _mutant(
        "answers published before the commit",
        "quartet/engine/settler.py",
        "        lost = await self.settler.recorder.commit(runs)\n",
        "        early = [said for run in runs for step in run.steps for said in step.answers]\n"
        "        await self.settler.finisher.publish(self.batch.partition, early)\n"
        "        lost = await self.settler.recorder.commit(runs)\n",
    ),
    _mutant(
        "answers dropped when the hub is away",
        "quartet/engine/finisher.py",
        'await self._outages.retry("publish answers", lambda: self._publisher.publish(partition, some))',
        "await asyncio.gather(self._publisher.publish(partition, some), return_exceptions=True)",
        "from collections.abc import Sequence\n",
        "import asyncio\nfrom collections.abc import Sequence\n",
    ),
    _mutant(
        "the loser of a conflict continues",
        "quartet/engine/settler.py",
        "        lost = await self.settler.recorder.commit(runs)\n",
        "        await self.settler.recorder.commit(runs)\n        lost: set[str] = set()\n",
    ),
    _mutant(
        "acting on a state that is not committed",
        "quartet/engine/handler_runner.py",
        "if (run.new_state and self._participant.acts_outside) or run.is_full:",
        "if run.is_full:",
        case="sent again with other items",
    ),
    _mutant(
        "event ids that are not derived",
        "quartet/events/event.py",
        "event_id = derived_id(cause.source, cause.id, data.type, _joined(discriminator, data.discriminator))",
        "event_id = str(uuid4())",
    ),
    _mutant(
        "duplicates known in memory only",
        "quartet/engine/records/codec.py",
        '"handled": {cause: list(answers) for cause, answers in record.handled.items()},',
        '"handled": {},',
    ),
    _mutant(
        "replace without an ETag",
        "quartet/azure/cosmos/records.py",
        'return ("replace", (record.saga_id, document), {"if_match_etag": record.etag})',
        'return ("replace", (record.saga_id, document), {})',
    ),
    _mutant(
        "no condition on the stock",
        "services/inventory/cosmos_stock.py",
        'enough = {"filter_predicate": f"FROM c WHERE c.available_quantity >= {needed}"} if needed > 0 else {}',
        "enough: dict[str, str] = {}",
    ),
    _mutant(
        "a release that is not idempotent",
        "services/inventory/cosmos_stock.py",
        'if found.state != HELD or request.verb in {"hold", "refuse"}:',
        'if found.state in {REFUSED, SHIPPED} or request.verb in {"hold", "refuse"}:',
    ),
    _mutant(
        "a partly refused order keeps what it holds",
        "services/inventory/cosmos_stock.py",
        '        await self._ask("release", claim, others)\n        return Refused(',
        "        return Refused(",
    ),
    _mutant(
        "no tombstone in inventory",
        "services/inventory/handlers.py",
        "return domain.tombstone(event.data.order_id, event.data.reason)",
        'return Ignored("nothing held")',
    ),
    _mutant(
        "no tombstone in payment",
        "services/payment/handlers.py",
        "        return await _void_or_refund(event.data.order_id, reason, gateway)\n    match payment.status:",
        '        return Ignored("nothing charged")\n    match payment.status:',
    ),
    _mutant(
        "no tombstone in shipping",
        "services/shipping/handlers.py",
        "    answer = await carrier.void(shipment_key(request.order_id), request.order_id)\n",
        '    if request.reason:\n        return Ignored("nothing booked")\n'
        "    answer = await carrier.void(shipment_key(request.order_id), request.order_id)\n",
    ),
    _mutant(
        "payment acts on a request for cancellation",
        "services/payment/service.py",
        "    InventoryReserved,\n    PaymentCompleted,",
        "    InventoryReserved,\n    OrderCancellationRequested,\n    PaymentCompleted,",
        "        on(\n            ShippingFailed,",
        "        on(OrderCancellationRequested, refund_payment, says={PaymentRefunded, PaymentVoided}),\n"
        "        on(\n            ShippingFailed,",
    ),
    _mutant(
        "a void that the gateway does not know of",
        "services/payment/handlers.py",
        "    answer = await gateway.void(charge_key(order_id), order_id)\n",
        "    answer = Voided() if order_id else await gateway.void(charge_key(order_id), order_id)\n",
    ),
    _mutant(
        "an unknown outcome taken for a refusal",
        "services/payment/handlers.py",
        "    answer = await gateway.void(charge_key(event.data.order_id), event.data.order_id)\n    match answer:\n"
        "        case Voided():\n"
        "            return domain.failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)",
        "    answer = Voided()\n    match answer:\n"
        "        case Voided():\n"
        "            return domain.failed(event.data.order_id, PaymentRefusal.GATEWAY_UNAVAILABLE)",
    ),
    _mutant(
        "what has shipped can still be cancelled",
        "services/shipping/handlers.py",
        "        return domain.too_late(shipment) if shipment.status is ShipmentStatus.SHIPPED else"
        " _already(shipment)\n",
        "        return domain.cancelled(request.order_id, request.reason)\n",
    ),
    _mutant(
        "a parcel that can be called back",
        "services/shipping/handlers.py",
        "        case AlreadyBooked():\n            # Another",
        "        case AlreadyBooked() if not request.reason:\n            # Another",
        "        case Voided():\n            return domain.cancelled(",
        "        case Voided() | AlreadyBooked():\n            return domain.cancelled(",
        case="cancelled",
    ),
    _mutant(
        "CANCELLED before the money is back",
        "services/order/domain.py",
        "undone = Fact.RELEASED in facts and not facts.isdisjoint(_MONEY_IS_BACK)",
        "undone = Fact.RELEASED in facts",
    ),
    _mutant(
        "CANCELLED before the items are back",
        "services/order/domain.py",
        "undone = Fact.RELEASED in facts and not facts.isdisjoint(_MONEY_IS_BACK)",
        "undone = not facts.isdisjoint(_MONEY_IS_BACK)",
    ),
    _mutant(
        "a conflicting order overwrites the first",
        "services/order/handlers.py",
        '        return Rejected("conflicting_order", f"order {order.order_id} was placed before with other data")\n',
        "        return domain.place(order, event, policy)\n",
    ),
    _mutant(
        "the order service believes what was not reserved",
        "services/order/domain.py",
        "            return _agreed(order, said).learn(fact, event)\n",
        "            return order.learn(fact, event, note=said.customer_id)\n",
    ),
    _mutant(
        "an idempotency key that is new each time",
        "services/payment/simulated_gateway.py",
        '{"id": key, "order_id": order_id, **what}',
        '{"id": f"{key}_{id(what)}", "order_id": order_id, **what}',
    ),
    # What is ordered
    _mutant(
        "a total that uses one price per product",
        "shared/events/parts.py",
        "    return sum((item.quantity * item.unit_price for item in items), start=Decimal(0))",
        "    lines = list(items)\n    prices = {item.product_id: item.unit_price for item in lines}\n"
        "    return sum((item.quantity * prices[item.product_id] for item in lines), start=Decimal(0))",
    ),
    _mutant(
        "two decimals in every currency",
        "quartet/events/money.py",
        "    decimals = MINOR_UNITS[currency]\n",
        "    decimals = 2\n",
    ),
    _mutant(
        "a product that comes twice counts once",
        "shared/events/parts.py",
        "pieces[line.product_id] = pieces.get(line.product_id, 0) + line.quantity",
        "pieces[line.product_id] = line.quantity",
    ),
    _mutant(
        "products without capitals",
        "services/inventory/handlers.py",
        "    pieces = quantities(lines)\n",
        "    pieces = {product.lower(): count for product, count in quantities(lines).items()}\n",
    ),
    _mutant(
        "events are the same if their ids are",
        "quartet/events/event.py",
        "        return event_key(self.source, self.id)",
        '        return event_key("", self.id)',
    ),
    _mutant(
        "properties count in structured mode",
        "quartet/events/reading.py",
        "    if content_type == CONTENT_TYPE:\n",
        "    if content_type == CONTENT_TYPE and not properties:\n",
        "    if kind is not None and kind.essence.startswith(_STRUCTURED):\n",
        "    if kind is not None and kind.essence.startswith(_STRUCTURED) and not properties:\n",
    ),
    _mutant(
        "what cannot be read is skipped",
        "quartet/engine/received.py",
        "            if letter.saga_id is None or letter.event_type in opens:\n"
        "                received.letters.append(letter)",
        "            if letter.saga_id is None:\n                pass\n"
        "            elif letter.event_type in opens:\n                received.letters.append(letter)",
    ),
    # What is given back
    _mutant(
        "a refund that is too large",
        "services/payment/handlers.py",
        "refund_key(order_id), charge.payment_id, charge.amount, charge.currency, order_id)",
        "refund_key(order_id), charge.payment_id, charge.amount + 1, charge.currency, order_id)",
    ),
    # Starts and stops
    _mutant(
        "what is cancelled at stop() counts as finished",
        "quartet/azure/event_hubs/consumer.py",
        "        batch = await self._process(partition, [message_of(event) for event in events])\n",
        "        try:\n"
        "            batch = await self._process(partition, [message_of(event) for event in events])\n"
        "        except asyncio.CancelledError:\n"
        "            self._checkpoints.mark(context, events[-1])\n"
        "            raise\n",
        "        for task in await self._finish_batches(within):\n            task.cancel()\n",
        "        unfinished = await self._finish_batches(within)\n"
        "        for task in unfinished:\n            task.cancel()\n"
        "        await asyncio.gather(*unfinished, return_exceptions=True)\n",
        case="stopped and started again",
    ),
    _mutant(
        "a hub that was recreated is not noticed",
        "quartet/process/watchdog.py",
        "        is_another = self._made_at not in {None, made_at}\n",
        "        is_another = made_at is None\n",
        case="another hub",
    ),
    _mutant(
        "a new hub is recorded before its checkpoints are put back",
        "quartet/azure/event_hubs/stale_checkpoints.py",
        "            await self._put_back(checkpoints)\n            await self._record(made_at)\n",
        "            await self._record(made_at)\n            await self._put_back(checkpoints)\n",
        case="another hub, and nobody else is there",
    ),
    _mutant(
        "a receiver that gets nothing is left alone",
        "quartet/engine/failures/stall_detector.py",
        "        return now - known.waiting_since >= self._limit",
        "        return now < known.waiting_since",
    ),
    # Deadlines
    _mutant(
        "what is paid has no deadline",
        "services/order/domain.py",
        "CAN_TIME_OUT = frozenset({OrderStatus.PENDING, OrderStatus.INVENTORY_RESERVED, OrderStatus.PAID})",
        "CAN_TIME_OUT = frozenset({OrderStatus.PENDING, OrderStatus.INVENTORY_RESERVED})",
        proof="tests/simulation/test_dead_for_good.py",
    ),
    _mutant(
        "a deadline that passes too early",
        "services/order/deadline.py",
        '{"name": "@now", "value": now.isoformat()',
        '{"name": "@now", "value": (now + timedelta(seconds=60)).isoformat()',
    ),
    # Dead letters and commands
    _mutant(
        "what cannot be stored is skipped",
        "quartet/engine/records/recorder.py",
        "            run.refuse(STATE_NOT_STORED, one_line(error))\n",
        "            run.refuse(STATE_NOT_STORED, one_line(error))\n"
        "            run.steps.clear()\n"
        "            run.changed = False\n",
        case="stopped and started again",
    ),
    _mutant(
        "the checkpoint passes a request to redrive before it is answered",
        "quartet/engine/batch.py",
        "        firsts = [*(items[0] for items in self._unfinished.values()), *self.requests]\n"
        "        return min(one.message.sequence_number for one in firsts)\n",
        "        firsts = [items[0] for items in self._unfinished.values()]\n"
        "        return min((one.message.sequence_number for one in firsts), default=None)\n",
    ),
    _mutant(
        "a discard settles the letter before it strikes it",
        "quartet/engine/dead_letters/redrive.py",
        "        letter = stored.letter\n"
        "        if letter.saga_id is not None:\n"
        "            await self._engine.discard(",
        "        letter = stored.letter\n"
        "        await self._settle(stored, Report(letter, Verdict.DISCARDED), DISCARDED)\n"
        "        if letter.saga_id is not None:\n            await self._engine.discard(",
        case="blocked, and the operator dies",
    ),
    _mutant(
        "a discard is forgotten where the order is not known",
        "quartet/engine/saga_update.py",
        "        self._change(discarded=(*self.record.discarded, *names)[-self.limits.discarded :])",
        "        if not self.record.is_new:\n"
        "            self._change(discarded=(*self.record.discarded, *names)[-self.limits.discarded :])",
        proof="tests/simulation/test_simulation.py::test_what_was_discarded_before_its_order_was_known_does_not_block_it",
    ),
    _mutant(
        "what was handled waits in line again",
        "quartet/engine/saga_update.py",
        "        if recorded is not None and not self._is_owed(item):",
        "        if recorded is not None and not self._is_owed(item) and not self._must_wait(item):",
    ),
    _mutant(
        "seeding once more fills the shelves once more",
        "services/operations/seed/seeding.py",
        "            await items.create_item(stock_document(product))\n"
        "    except CosmosResourceExistsError:\n"
        "        return False",
        "            await items.create_item(stock_document(product))\n    except CosmosResourceExistsError:\n"
        '        await _deliver(items, product, "again")\n        return False',
        case="seeded, and the seeding dies",
    ),
    _mutant(
        "the audit stops at 1,000 rows",
        "quartet/cli/reading/stored.py",
        "            async for document in pages:\n                for parsed",
        "            for document in [one async for one in pages][:1000]:\n                for parsed",
        proof="tests/simulation/test_audit_sees_everything.py",
    ),
    # Limits and servers
    _mutant(
        "the document at the border of a batch is dropped",
        "quartet/azure/cosmos/client.py",
        "            chunk, size = [], 0\n        chunk.append(document)",
        "            chunk, size = [], 0\n            continue\n        chunk.append(document)",
    ),
    _mutant(
        "a reservation that cannot be seen yet is none",
        "services/inventory/handlers.py",
        '        raise TransientError(f"the reservation of order {event.data.order_id} cannot be seen yet")',
        '        return Ignored("nothing reserved")',
        proof="tests/domain/test_inventory.py",
    ),
    _mutant(
        "claims that differ from process to process",
        "services/inventory/domain.py",
        'return f"{order_id}.{blake2b(lines.encode(), digest_size=4).hexdigest()}"',
        'return f"{order_id}.{hash(lines):x}"',
        proof="tests/simulation/test_simulation.py::test_a_run_repeats_exactly_in_another_process",
    ),
    _mutant(
        "an order whose write is refused for a while is given up",
        "quartet/azure/cosmos/client.py",
        "OUTAGE = REFUSED | PASSING | frozenset({410, 449})",
        "OUTAGE = REFUSED | PASSING",
    ),
    _mutant(
        "a port may take as long as it likes",
        "quartet/engine/handler_runner.py",
        "with_time_limit(ports, retry.call_seconds)",
        "ports",
    ),
    _mutant(
        "a log line that cannot be written fails its batch",
        "quartet/engine/engine.py",
        "safe(log or structlog.get_logger(service=participant.name), self.stats)",
        "log or structlog.get_logger(service=participant.name)",
    ),
    _mutant(
        "a document of another release counts as none",
        "quartet/engine/saga_update.py",
        "        if self.record.foreign is not None:\n            self.fail(",
        "        if False:\n            self.fail(",
    ),
)
