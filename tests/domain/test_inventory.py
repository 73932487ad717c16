"""Inventory: all items of an order are held, or none is; and what is no longer needed goes back."""

from itertools import permutations

import pytest

from quartet.engine.declaration.outcome import Ignored, Rejected
from quartet.engine.errors import TransientError
from quartet.events import Event
from services.inventory.domain import Reservation, ReservationStatus
from services.inventory.handlers import (
    give_up_releasing,
    give_up_reserving,
    release_stock,
    reserve_stock,
    ship_stock,
)
from shared.events import (
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    InventoryReserved,
    OrderCreated,
    OrderShipped,
    PaymentFailed,
    PaymentRefusal,
    ShippingFailed,
    Shortage,
    StockRefusal,
    merged,
)
from tests.domain.fakes import FakeStock, Piece
from tests.domain.saying import decided, only_answer, said
from tests.domain.shop import LAMPS_AND_CUPS, order_created, placed

DECLINED = said(PaymentFailed(order_id="marple-1", reason=PaymentRefusal.PAYMENT_DECLINED))
LOST_AT_SEA = said(ShippingFailed(order_id="marple-1", reason="address_not_served"))
SHIPPED = said(
    OrderShipped(
        order_id="marple-1",
        shipment_id="ship-1",
        tracking_number="T1",
        carrier="The 4.50 from Paddington",
        items=merged(order_created().items),
    )
)


@pytest.fixture
def stock() -> FakeStock:
    return FakeStock({"lamp": 10, "teacup": 100})


async def reservation(stock: FakeStock, event: Event[OrderCreated] | None = None) -> Reservation:
    return decided(await reserve_stock(event or placed(), None, stock)).state


async def test_all_items_are_held_and_the_next_participant_learns_what_it_needs(stock: FakeStock) -> None:
    outcome = decided(await reserve_stock(placed(), None, stock))

    assert outcome.state.status is ReservationStatus.RESERVED
    assert stock.available == {"lamp": 8, "teacup": 94}
    (reserved,) = outcome.answers
    order = order_created()
    assert reserved == InventoryReserved(
        order_id="marple-1",
        customer_id=order.customer_id,
        currency="GBP",
        items=order.items,
        total=order.total,
        payment_method="tok_visa",
        shipping_address=order.shipping_address,
    )


async def test_if_one_product_is_short_nothing_is_held_and_the_shortage_is_named() -> None:
    stock = FakeStock({"lamp": 10, "teacup": 5})
    outcome = await reserve_stock(placed(), None, stock)

    assert only_answer(outcome) == InventoryReservationFailed(
        order_id="marple-1",
        reason=StockRefusal.OUT_OF_STOCK,
        shortages=(Shortage(product_id="teacup", requested=6, available=5),),
    )
    assert stock.available == {"lamp": 10, "teacup": 5}


async def test_several_lines_of_one_product_are_counted_together() -> None:
    items = [*LAMPS_AND_CUPS, {"product_id": "lamp", "quantity": 1, "unit_price": "19.99"}]
    stock = FakeStock({"lamp": 2, "teacup": 6})
    outcome = await reserve_stock(placed(items=items), None, stock)

    assert only_answer(outcome) == InventoryReservationFailed(
        order_id="marple-1",
        reason=StockRefusal.OUT_OF_STOCK,
        shortages=(Shortage(product_id="lamp", requested=3, available=2),),
    )


async def test_the_last_lamp_is_sold_once() -> None:
    stock = FakeStock({"lamp": 2, "teacup": 100})
    first = only_answer(await reserve_stock(placed("marple-1"), None, stock))
    second = only_answer(await reserve_stock(placed("poirot-1"), None, stock))

    assert isinstance(first, InventoryReserved)
    assert isinstance(second, InventoryReservationFailed)
    assert stock.available == {"lamp": 0, "teacup": 94}


async def test_a_hold_that_was_interrupted_half_way_is_finished_by_its_repeat(stock: FakeStock) -> None:
    stock.interrupt_after = 1
    with pytest.raises(TransientError):
        await reserve_stock(placed(), None, stock)
    assert stock.available == {"lamp": 8, "teacup": 100}

    assert (await reservation(stock)).status is ReservationStatus.RESERVED
    assert stock.available == {"lamp": 8, "teacup": 94}


async def test_the_same_order_under_another_event_id_is_a_duplicate(stock: FakeStock) -> None:
    known = await reservation(stock)
    assert await reserve_stock(placed(event_id="evt-again"), known, stock) == Ignored("duplicate")
    assert stock.available == {"lamp": 8, "teacup": 94}


@pytest.mark.parametrize("failure", [DECLINED, LOST_AT_SEA])
async def test_a_failure_downstream_releases_what_is_held(
    stock: FakeStock, failure: Event[PaymentFailed] | Event[ShippingFailed]
) -> None:
    outcome = await release_stock(failure, await reservation(stock), stock)

    assert decided(outcome).state.status is ReservationStatus.RELEASED
    assert only_answer(outcome) == InventoryReleased(
        order_id="marple-1", items=merged(order_created().items), reason=failure.data.reason
    )
    assert stock.available == {"lamp": 10, "teacup": 100}


async def test_a_second_failure_finds_nothing_to_release(stock: FakeStock) -> None:
    released = decided(await release_stock(DECLINED, await reservation(stock), stock)).state
    assert await release_stock(LOST_AT_SEA, released, stock) == Ignored("nothing held")
    assert stock.available == {"lamp": 10, "teacup": 100}


async def test_a_failure_that_comes_first_leaves_a_silent_tombstone_that_refuses_the_order(stock: FakeStock) -> None:
    outcome = decided(await release_stock(LOST_AT_SEA, None, stock))
    assert outcome.state.status is ReservationStatus.TOMBSTONE
    assert outcome.answers == ()

    refusal = only_answer(await reserve_stock(placed(), outcome.state, stock))
    assert refusal == InventoryReservationFailed(order_id="marple-1", reason="address_not_served")
    assert stock.available == {"lamp": 10, "teacup": 100}


async def test_a_tombstone_gives_back_what_another_owner_of_the_partition_had_held(stock: FakeStock) -> None:
    tombstone = decided(await release_stock(LOST_AT_SEA, None, stock)).state
    await reservation(stock)  # by the other owner, whose create then fails
    await reserve_stock(placed(), tombstone, stock)

    assert stock.available == {"lamp": 10, "teacup": 100}
    assert isinstance(only_answer(await reserve_stock(placed(), None, stock)), InventoryReservationFailed)


async def test_a_shipped_order_leaves_the_warehouse_and_nothing_is_published(stock: FakeStock) -> None:
    outcome = decided(await ship_stock(SHIPPED, await reservation(stock), stock))

    assert outcome.state.status is ReservationStatus.SHIPPED
    assert outcome.answers == ()
    assert stock.pieces(Piece.SHIPPED) == {"lamp": 2, "teacup": 6}
    assert stock.available == {"lamp": 8, "teacup": 94}
    assert await ship_stock(SHIPPED, outcome.state, stock) == Ignored("duplicate")


async def test_a_shipment_whose_reservation_cannot_be_seen_yet_is_tried_again(stock: FakeStock) -> None:
    with pytest.raises(TransientError, match="marple-1"):
        await ship_stock(SHIPPED, None, stock)


async def test_events_that_contradict_what_was_done_are_dead_letters(stock: FakeStock) -> None:
    reserved = await reservation(stock)
    shipped = decided(await ship_stock(SHIPPED, reserved, stock)).state
    late_failure = await release_stock(DECLINED, shipped, stock)
    assert isinstance(late_failure, Rejected)
    assert late_failure.reason == "already_shipped"

    released = Reservation("marple-1", ReservationStatus.RELEASED, reserved.lines)
    shipped_from_nowhere = await ship_stock(SHIPPED, released, stock)
    assert isinstance(shipped_from_nowhere, Rejected)
    assert shipped_from_nowhere.reason == "nothing_reserved"


async def test_giving_up_a_reservation_makes_sure_that_nothing_stays_held(stock: FakeStock) -> None:
    stock.interrupt_after = 1
    with pytest.raises(TransientError):
        await reserve_stock(placed(), None, stock)
    outcome = await give_up_reserving(placed(), None, stock)

    assert only_answer(outcome) == InventoryReservationFailed(
        order_id="marple-1", reason=StockRefusal.STOCK_UNAVAILABLE
    )
    assert stock.available == {"lamp": 10, "teacup": 100}


async def test_giving_up_finds_that_all_was_held_after_all(stock: FakeStock) -> None:
    await reservation(stock)
    outcome = await give_up_reserving(placed(), None, stock)
    assert isinstance(only_answer(outcome), InventoryReserved)
    assert stock.available == {"lamp": 8, "teacup": 94}


async def test_a_release_that_cannot_be_done_is_said_and_can_be_redriven(stock: FakeStock) -> None:
    given_up = await give_up_releasing(DECLINED, await reservation(stock), stock)
    failed = only_answer(given_up)
    assert isinstance(failed, CompensationFailed)
    assert failed.compensation == "release"
    assert decided(given_up).state.holds_stock

    redriven = await release_stock(DECLINED, decided(given_up).state, stock)
    assert isinstance(only_answer(redriven), InventoryReleased)
    assert stock.available == {"lamp": 10, "teacup": 100}


OTHER_DATA = {
    "other products": [{"product_id": "teapot", "quantity": 1, "unit_price": "30"}],
    "one product more": [*LAMPS_AND_CUPS, {"product_id": "teapot", "quantity": 1, "unit_price": "30"}],
    "more of one product": [LAMPS_AND_CUPS[0], {"product_id": "teacup", "quantity": 7, "unit_price": "3.10"}],
    "one that is short": [LAMPS_AND_CUPS[0], {"product_id": "monocle", "quantity": 1, "unit_price": "1"}],
}


@pytest.mark.parametrize("other", OTHER_DATA)
@pytest.mark.parametrize("schedule", sorted(set(permutations(["hold 1", "hold 2", "write 1", "write 2"]))))
async def test_two_orders_under_one_id_hold_no_more_than_the_one_that_counts(
    schedule: tuple[str, ...], other: str
) -> None:
    """Two owners may act on them at the same time. The first write counts; the other owner runs again on it."""
    if schedule.index("hold 1") > schedule.index("write 1") or schedule.index("hold 2") > schedule.index("write 2"):
        return
    stock = FakeStock({"lamp": 10, "teacup": 100, "teapot": 3})
    events = {"1": placed(event_id="evt-1"), "2": placed(event_id="evt-2", items=OTHER_DATA[other])}
    counts: Reservation | None = None
    held: dict[str, Reservation] = {}
    for action in schedule:
        verb, number = action.split()
        if verb == "hold":
            held[number] = await reservation(stock, events[number])
        elif counts is None:
            counts = held[number]
        else:
            assert await reserve_stock(events[number], counts, stock) == Ignored("duplicate")

    assert counts is not None
    expected = {line.product_id: line.quantity for line in counts.lines} if counts.holds_stock else {}
    assert stock.pieces(Piece.HELD) == expected
