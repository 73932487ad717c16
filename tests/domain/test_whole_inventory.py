"""Every decision of the inventory service, compared as a whole, and what its port was asked."""

from typing import Any

import pytest

from quartet.engine.declaration.outcome import Decided, Ignored, Rejected
from services.inventory import domain as inventory
from services.inventory.domain import Reservation, ReservationStatus
from services.inventory.handlers import (
    give_up_releasing,
    give_up_reserving,
    release_stock,
    reserve_stock,
    ship_stock,
)
from services.inventory.stock import Held, Refused
from shared.events import (
    Compensation,
    CompensationFailed,
    InventoryReleased,
    InventoryReservationFailed,
    Shortage,
)
from tests.domain.saying import said
from tests.domain.scripted import Scripted
from tests.domain.shop import placed
from tests.domain.whole_saga import (
    CLAIM,
    DECLINED,
    ID,
    LINES,
    LOST,
    PIECES,
    RESERVED,
    SHIPPED,
    SHORT,
)


def reservation(status: ReservationStatus, reason: str = "") -> Reservation:
    return Reservation(ID, status, LINES, reason)


async def test_reserved() -> None:
    stock = Scripted(Held())
    outcome = await reserve_stock(placed(), None, stock)
    assert outcome == Decided(reservation(ReservationStatus.RESERVED), (RESERVED,), "reserved")
    assert stock.asked == [("hold", CLAIM, PIECES)]


@pytest.mark.parametrize(("shortages", "reason"), [(SHORT, "out_of_stock"), ((), "cancelled")])
async def test_refused(shortages: tuple[Shortage, ...], reason: str) -> None:
    failed = InventoryReservationFailed(order_id=ID, reason=reason, shortages=shortages)
    outcome = await reserve_stock(placed(), None, Scripted(Refused(shortages)))
    assert outcome == Decided(reservation(ReservationStatus.REFUSED, reason), (failed,), "refused")


@pytest.mark.parametrize(("shortages", "reason"), [(SHORT, "out_of_stock"), ((), "stock_unavailable")])
async def test_the_fallback_of_a_reservation(shortages: tuple[Shortage, ...], reason: str) -> None:
    stock = Scripted(Refused(shortages))
    failed = InventoryReservationFailed(order_id=ID, reason=reason, shortages=shortages)
    outcome = await give_up_reserving(placed(), None, stock)
    assert outcome == Decided(reservation(ReservationStatus.REFUSED, reason), (failed,), "refused")
    assert stock.asked == [("refuse", CLAIM, PIECES)]


async def test_the_fallback_of_a_reservation_that_is_held() -> None:
    outcome = await give_up_reserving(placed(), None, Scripted(Held()))
    assert outcome == Decided(reservation(ReservationStatus.RESERVED), (RESERVED,), "reserved")


@pytest.mark.parametrize("handler", [reserve_stock, give_up_reserving])
async def test_a_tombstone_keeps_its_promise(handler: Any) -> None:  # noqa: ANN401 -- one of the two
    stock = Scripted(None)
    failed = InventoryReservationFailed(order_id=ID, reason="cancelled")
    outcome = await handler(placed(), inventory.tombstone(ID, "cancelled").state, stock)
    assert outcome == Decided(reservation(ReservationStatus.REFUSED, "cancelled"), (failed,), "refused")
    assert stock.asked == [("release", CLAIM, PIECES)]


@pytest.mark.parametrize("handler", [reserve_stock, give_up_reserving])
async def test_a_known_order_is_a_duplicate_and_gives_back_what_others_hold(handler: Any) -> None:  # noqa: ANN401
    stock = Scripted(None)
    assert await handler(placed(), reservation(ReservationStatus.RESERVED), stock) == Ignored("duplicate")
    assert stock.asked == []
    other = Reservation(ID, ReservationStatus.RESERVED, LINES[:1])
    assert await handler(placed(), other, stock) == Ignored("duplicate")
    assert stock.asked == [("release", CLAIM, PIECES)]


@pytest.mark.parametrize("handler", [release_stock, give_up_releasing])
async def test_nothing_to_release(handler: Any) -> None:  # noqa: ANN401 -- one of the two
    tombstone = Reservation(ID, ReservationStatus.TOMBSTONE, (), "payment_declined")
    assert await handler(said(DECLINED), None, Scripted()) == Decided(tombstone, (), "tombstone")
    gone = reservation(ReservationStatus.SHIPPED)
    why = "PaymentFailed.v1 for an order whose items have left the warehouse"
    assert await handler(said(DECLINED), gone, Scripted()) == Rejected("already_shipped", why)
    done = reservation(ReservationStatus.RELEASED, "x")
    assert await handler(said(DECLINED), done, Scripted()) == Ignored("nothing held")


async def test_released() -> None:
    stock = Scripted(None)
    released = InventoryReleased(order_id=ID, items=LINES, reason="payment_declined")
    outcome = await release_stock(said(DECLINED), reservation(ReservationStatus.RESERVED), stock)
    state = reservation(ReservationStatus.RELEASED, "payment_declined")
    assert outcome == Decided(state, (released,), "released")
    assert stock.asked == [("release", CLAIM, PIECES)]


async def test_the_fallback_of_a_release() -> None:
    failed = CompensationFailed(order_id=ID, compensation=Compensation.RELEASE, reason="stock_unavailable")
    outcome = await give_up_releasing(said(DECLINED), reservation(ReservationStatus.RESERVED), Scripted())
    state = reservation(ReservationStatus.RELEASE_FAILED, "stock_unavailable")
    assert outcome == Decided(state, (failed,), "release failed", owed="the release: stock_unavailable")


async def test_shipped() -> None:
    stock = Scripted(None)
    outcome = await ship_stock(said(SHIPPED), reservation(ReservationStatus.RESERVED), stock)
    assert outcome == Decided(reservation(ReservationStatus.SHIPPED), (), "shipped")
    assert stock.asked == [("ship", CLAIM, PIECES)]
    refused = await ship_stock(said(SHIPPED), reservation(ReservationStatus.REFUSED), stock)
    assert refused == Rejected("nothing_reserved", "the order has shipped, but its items are REFUSED")


def test_the_form_of_a_claim_never_changes() -> None:
    """What is stored under it must be found by every release."""
    assert CLAIM == "marple-1.02e31ec5"


def test_a_claim_says_whose_it_is() -> None:
    assert inventory.order_of(CLAIM) == ID
    assert inventory.order_of("a.b.c") == "a"


async def test_the_fallback_of_a_release_does_not_call_the_stock_if_nothing_is_held() -> None:
    stock = Scripted()
    await give_up_releasing(said(LOST), reservation(ReservationStatus.REFUSED), stock)
    assert stock.asked == []
