"""Waiting for orders continues while they move, and ends when they stall."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from types import SimpleNamespace
from typing import Any, TypeVar

from quartet.testing.clock import VirtualLoop
from services.operations.publish.waiting import Outcome, wait_until_settled
from services.order.domain import OrderStatus

R = TypeVar("R")
ORDERS = tuple(f"ord-{n}" for n in range(10))
LIMIT = 45


class SlowShop:
    """An order service in which one order after the other moves, at a fixed interval.

    It is what `wait_until_settled` uses of an open account, and of its containers.
    """

    settings = SimpleNamespace(buckets=1)

    def __init__(self, seconds_per_order: float, moves: int) -> None:
        self.seconds_per_order = seconds_per_order
        self.moves = moves

    def container(self, *_: object) -> "SlowShop":
        return self

    async def query_items(
        self, _: str, *, parameters: list[dict[str, Any]], partition_key: str
    ) -> AsyncIterator[dict[str, str]]:
        assert partition_key == "0"
        done = min(self.moves, int(asyncio.get_running_loop().time() / self.seconds_per_order))
        for order_id in parameters[0]["value"]:
            status = OrderStatus.COMPLETED if ORDERS.index(order_id) < done else OrderStatus.PENDING
            yield {"id": order_id, "status": status, "reason": ""}


def run(work: Coroutine[Any, Any, R]) -> R:
    """On a clock that jumps."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


async def waited(shop: SlowShop, **limits: float) -> tuple[int, float]:
    """How many orders had ended when the wait was over, and after how many seconds that was."""
    known = await wait_until_settled(shop, ORDERS, **limits)  # type: ignore[arg-type]  # see above
    assert set(known.values()) <= {Outcome(status, "") for status in (OrderStatus.PENDING, OrderStatus.COMPLETED)}
    return sum(outcome.is_settled for outcome in known.values()), asyncio.get_running_loop().time()


def test_a_slow_shop_is_waited_for_however_long_all_of_it_takes() -> None:
    ended, seconds = run(waited(SlowShop(40, moves=10), seconds=LIMIT))
    assert (ended, round(seconds)) == (10, 400)


def test_a_wait_ends_when_no_order_has_moved_for_the_limit() -> None:
    ended, seconds = run(waited(SlowShop(40, moves=3), seconds=LIMIT))
    assert (ended, round(seconds)) == (3, 120 + LIMIT)


def test_a_person_who_says_how_long_at_most_waits_no_longer() -> None:
    ended, seconds = run(waited(SlowShop(40, moves=10), seconds=100, at_most=100))
    assert (ended, round(seconds)) == (2, 100)
