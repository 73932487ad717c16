"""What happens in the demonstration, act by act."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from quartet.cli.publish.outgoing import Outgoing, event_of
from quartet.cli.reading.counters import Costs, costs_between
from quartet.cli.reading.stored import Stored
from services.operations.demo.expectations import Expectations, Verdict, compare
from services.operations.demo.shop import Shop
from services.operations.participants import INVENTORY, NAMES, ORDER, PAYMENT
from services.operations.publish.catalogue import read_catalogue
from services.operations.publish.generator import generate_orders
from services.operations.samples import CATALOGUE, sample
from services.operations.status.status import whereabouts
from services.order.domain import Fact, OrderStatus

RUSH: Final = 400
"""Orders in flight for which the design promises what a saga costs."""

_READERS: Final = (ORDER, INVENTORY)


@dataclass(frozen=True, slots=True)
class Play:
    """The results of all acts.

    Attributes:
        verdicts: how the orders ended, story by story.
        one_at_a_time, together, in_a_rush: the costs of the sagas of three acts.
    """

    verdicts: Sequence[Verdict]
    one_at_a_time: Costs
    together: Costs
    in_a_rush: Costs


async def play(shop: Shop, expected: Expectations) -> Play:
    """Play all acts.

    Raises:
        UserError: something that has to happen did not happen in time.
        OutageError: a server went away.
    """
    one_at_a_time = await orders_one_at_a_time(shop)
    together = await orders_together(shop)
    await cancelled_too_late(shop)
    await cancelled_early(shop)
    await timed_out(shop)
    unreadable = await not_valid(shop, expected)
    in_a_rush, rush = await four_hundred_in_flight(shop)
    shop.stack.say("--- waiting until every saga has ended ---")
    outcomes = await shop.settled(expected.order_ids)
    return Play([*compare(expected, outcomes), *unreadable, rush], one_at_a_time, together, in_a_rush)


async def orders_one_at_a_time(shop: Shop) -> Costs:
    """Six plain orders, each after the end of the one before: what does one saga cost?"""
    shop.stack.say("--- one order at a time ---")
    events = shop.read_sample("one-at-a-time.jsonl")
    before, start = await shop.counters(), _now()
    for event in events:
        await shop.publish([event])
        await shop.settled([event.saga_id])
        await shop.until_stock_has_left([event.saga_id])
    return costs_between(before, await shop.counters(), NAMES, sagas=len(events), seconds=_now() - start)


async def orders_together(shop: Shop) -> Costs:
    """The shop's day: what do many sagas cost that run at the same time?"""
    shop.stack.say("--- all of the shop's orders together; one of them is published twice ---")
    events: list[Outgoing] = [
        event
        for name in ("orders.jsonl", "duplicate.jsonl", "cancelled-too-late.jsonl")
        for event in shop.read_sample(name)
    ]
    before, start = await shop.counters(), _now()
    order_ids = await shop.publish(events)
    await shop.settled(order_ids)
    return costs_between(before, await shop.counters(), NAMES, sagas=len(order_ids), seconds=_now() - start)


async def cancelled_too_late(shop: Shop) -> None:
    """A cancellation when the parcel is on its way: shipping rejects it, and nothing changes."""
    shop.stack.say("--- a customer cancels when the parcel is on its way ---")
    order_ids = [event.saga_id for event in shop.read_sample("cancelled-too-late.jsonl")]
    await shop.cancel(order_ids)

    async def is_rejected() -> bool:
        known = [(await whereabouts(Stored(shop.cosmos), order_id)).order for order_id in order_ids]
        return all(order is not None and order.knows(Fact.CANCELLATION_REJECTED) for order in known)

    await shop.until("the cancellation is rejected", is_rejected)


async def cancelled_early(shop: Shop) -> None:
    """A cancellation that overtakes its order: undo arrives before do."""
    shop.stack.say("--- customers cancel before their orders have arrived ---")
    events = shop.read_sample("cancelled-early.jsonl")
    order_ids = [event.saga_id for event in events]
    await shop.cancel(order_ids)
    await shop.until_never_shipped(order_ids)
    await shop.publish(events)


async def timed_out(shop: Shop) -> None:
    """Payment is paused, deadlines pass, and shipping promises never to ship; then payment continues."""
    shop.stack.say("--- payment is paused (SIGSTOP), and the deadlines of two orders pass ---")
    shop.stack.supervisor.pause(PAYMENT.name)
    try:
        order_ids = await shop.publish(shop.read_sample("timed-out.jsonl"))
        await shop.until_never_shipped(order_ids)
    finally:
        shop.stack.supervisor.resume(PAYMENT.name)
    shop.stack.say("--- payment continues: it charges, hears that it was too late, and refunds ---")


async def not_valid(shop: Shop, expected: Expectations) -> list[Verdict]:
    """An order that breaks the contract: a dead letter of each service that would have acted on it."""
    shop.stack.say("--- a client publishes an order that is not valid ---")
    await shop.publish(shop.read_sample("invalid.jsonl", is_valid=False))
    return [await _put_aside(shop, order_id, field) for order_id, field in expected.unreadable.items()]


async def _put_aside(shop: Shop, order_id: str, field: str) -> Verdict:
    return unreadable_verdict(field, await shop.until_dead_letters(_READERS, order_id))


def unreadable_verdict(field: str, details: Sequence[str]) -> Verdict:
    """Whether each service that hears an order has named the wrong field in its dead letter."""
    return Verdict(
        "an order that is not valid, published by another client",
        1,
        f"dead letters that name {field}",
        "; ".join(sorted(set(details))),
        is_met=len(details) == len(_READERS) and all(field in detail for detail in details),
    )


async def four_hundred_in_flight(shop: Shop) -> tuple[Costs, Verdict]:
    """As many plain orders as the design counts with: outcomes of many sagas commit together."""
    shop.stack.say(
        f"--- {RUSH} orders of one item each, all at the same time; what the services log about them is left out ---"
    )
    now = datetime.now(UTC)
    drawn = generate_orders(read_catalogue(sample(CATALOGUE)), RUSH, seed=1)
    events = [event_of(order.model_copy(update={"items": order.items[:1]}), now) for order in drawn]
    before, start = await shop.counters(), _now()
    order_ids = await shop.publish(events)
    outcomes = await shop.settled(order_ids)
    completed = sum(outcome.status is OrderStatus.COMPLETED for outcome in outcomes.values())
    costs = costs_between(before, await shop.counters(), NAMES, sagas=RUSH, seconds=_now() - start)
    return costs, rush_verdict(completed)


def rush_verdict(completed: int) -> Verdict:
    """Whether all orders of the rush are completed."""
    return Verdict("a rush of plain orders", RUSH, "COMPLETED", f"{completed} x COMPLETED", is_met=completed == RUSH)


def _now() -> float:
    return asyncio.get_running_loop().time()
