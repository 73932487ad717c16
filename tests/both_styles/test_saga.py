"""The orchestrated saga of the shop: requests to cancel, deadlines, bugs and strangers, judged by the audit."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quartet.engine.failures.timeouts import stretched
from services.orchestrator.saga import CANCEL, PLACED, RETRY
from services.order.domain import OrderStatus
from tests.both_styles.broken import SWITCH
from tests.both_styles.twins import Twin, right_twin, stock
from tests.saga.shop import address, cancellation, order


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENT_GATEWAY", "simulated")
    monkeypatch.setenv("CARRIER", "simulated")


async def ends(twin: Twin, order_id: str, status: OrderStatus) -> None:
    await twin.ended(order_id)
    assert (await twin.order(order_id))["status"] == status
    assert await twin.broken() == []


async def test_an_order_that_was_cancelled_before_it_came_is_never_charged(tmp_path: Path) -> None:
    async with right_twin(tmp_path, stock(kithara=10)) as twin:
        await twin.begin(cancellation("early-1"))
        await twin.say(PLACED, order("early-1", {"kithara": 1}))
        await ends(twin, "early-1", OrderStatus.CANCELLED)
        assert await twin.ledger("early-1") == ["voided", "voided"]
        assert await twin.shelf("kithara") == (10, 0, 0)


async def test_an_order_that_is_late_already_is_cancelled(tmp_path: Path) -> None:
    """Its own deadline, a minute ago."""
    late = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    async with right_twin(tmp_path, stock(aulos=10)) as twin:
        await twin.begin(order("late-1", {"aulos": 1}, complete_by=late))
        await ends(twin, "late-1", OrderStatus.CANCELLED)
        assert (await twin.order("late-1"))["reason"] == "timed_out"


async def test_a_request_to_cancel_an_order_that_has_ended_changes_nothing(tmp_path: Path) -> None:
    async with right_twin(tmp_path, stock(barbiton=10)) as twin:
        await twin.begin(order("ended-1", {"barbiton": 1}))
        await twin.ended("ended-1")
        await twin.say(CANCEL, cancellation("ended-1"))
        await ends(twin, "ended-1", OrderStatus.COMPLETED)


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """The payment gateway raises what it must not raise."""
    monkeypatch.setenv("PAYMENT_GATEWAY", "tests.both_styles.broken:broken_gateway")
    monkeypatch.setattr(SWITCH, "is_on", True)
    monkeypatch.setattr(SWITCH, "struck", 0)


async def until_it_strikes(times: int) -> None:
    async with asyncio.timeout(stretched(60)):
        while True:
            if times <= SWITCH.struck:
                return
            await asyncio.sleep(0.02)  # a pause between two looks at a condition


@pytest.mark.usefixtures("bug")
async def test_a_step_that_fails_by_a_bug_is_done_when_the_bug_is_gone(tmp_path: Path) -> None:
    """A person says `retry`: no one waits for the pause to end."""
    async with right_twin(tmp_path, stock(phorminx=10)) as twin:
        await twin.begin(order("bug-1", {"phorminx": 1}))
        await until_it_strikes(1)
        status = await twin.status("bug-1")
        assert status.startswith("charge_payment failed and will be tried again: ")
        assert "a bug in the adapter" in status
        SWITCH.is_on = False
        await twin.client.raise_orchestration_event("bug-1", RETRY)
        await ends(twin, "bug-1", OrderStatus.COMPLETED)


@pytest.mark.usefixtures("bug")
async def test_a_customer_may_cancel_while_a_step_fails(tmp_path: Path) -> None:
    """What the charge has done is not known. So payment hears of it again before it hears that it must be undone."""
    async with right_twin(tmp_path, stock(trigonon=10)) as twin:
        await twin.begin(order("bug-2", {"trigonon": 1}))
        await until_it_strikes(1)
        await twin.say(CANCEL, cancellation("bug-2"))
        await until_it_strikes(2)
        await twin.until_shelf("trigonon", (10, 0, 0))  # the refund that fails does not hold up the release
        SWITCH.is_on = False
        await twin.client.raise_orchestration_event("bug-2", RETRY)
        await ends(twin, "bug-2", OrderStatus.CANCELLED)


async def test_another_order_under_a_known_id_fails_and_changes_nothing(tmp_path: Path) -> None:
    """The scheduler has forgotten the first one; the order's own record has not."""
    async with right_twin(tmp_path, stock(sambuca=10)) as twin:
        await twin.begin(order("known-1", {"sambuca": 1}))
        await twin.ended("known-1")
        await twin.client.purge_orchestration("known-1")
        await twin.begin(order("known-1", {"sambuca": 5}))
        (state,) = await twin.ended("known-1")
        assert state.failure_details is not None
        assert "conflicting_order" in state.failure_details.message
        assert await twin.shelf("sambuca") == (9, 0, 1)
        assert await twin.broken() == []


@pytest.mark.parametrize(("country", "status"), [("GB", OrderStatus.COMPLETED), ("AQ", OrderStatus.CANCELLED)])
async def test_a_saga_that_is_begun_again_after_its_deadline_ends_as_before(
    tmp_path: Path, country: str, status: OrderStatus
) -> None:
    first = order("after-1", {"syrinx": 1}, shipping_address=address(country))
    async with right_twin(tmp_path, stock(syrinx=10)) as twin:
        await twin.begin(first)
        await ends(twin, "after-1", status)
        await twin.client.purge_orchestration("after-1")
        await twin.begin_late(first)
        await ends(twin, "after-1", status)


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_cancelled_order_that_is_begun_again_stays_cancelled(tmp_path: Path, *, is_late: bool) -> None:
    """What the customer said is no longer known here. Shipping has promised, and says so once more."""
    first = order("after-2", {"pandoura": 1})
    async with right_twin(tmp_path, stock(pandoura=10)) as twin:
        await twin.begin(cancellation("after-2"))
        await twin.say(PLACED, first)
        await ends(twin, "after-2", OrderStatus.CANCELLED)
        await twin.client.purge_orchestration("after-2")
        await (twin.begin_late(first) if is_late else twin.begin(first))
        (state,) = await twin.ended("after-2")
        assert state.runtime_status.name == "COMPLETED"
        await ends(twin, "after-2", OrderStatus.CANCELLED)


async def test_a_saga_that_is_begun_again_does_nothing_twice(tmp_path: Path) -> None:
    """The scheduler has forgotten it, and the hub delivers the same event once more."""
    first = order("again-1", {"cithara": 1})
    async with right_twin(tmp_path, stock(cithara=10)) as twin:
        for _ in range(2):
            await twin.begin(first)
            await ends(twin, "again-1", OrderStatus.COMPLETED)
            await twin.client.purge_orchestration("again-1")
        assert await twin.shelf("cithara") == (9, 0, 1)
        assert await twin.ledger("again-1") == ["booked", "charged"]
