"""What goes wrong in the orchestrator of the tutorials, and not in ours: each fault once, judged by the same audit."""

from pathlib import Path

import pytest

from tests.both_styles.twins import naive_twin, right_twin, stock
from tests.saga.shop import address, order


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENT_GATEWAY", "simulated")
    monkeypatch.setenv("CARRIER", "simulated")


async def test_a_good_day_is_good_in_both(tmp_path: Path) -> None:
    for start in (naive_twin, right_twin):
        directory = tmp_path / start.__name__
        directory.mkdir()
        async with start(directory, stock(zither=10)) as twin:
            await twin.begin(order("good-1", {"zither": 2}))
            await twin.ended("good-1")
            assert await twin.shelf("zither") == (8, 0, 2)
            assert await twin.broken() == []


LOST_ANSWER = {"payment_method": "tok_flaky"}


async def test_naive_a_charge_whose_answer_is_lost_stays_charged(tmp_path: Path) -> None:
    """Its refund was to be registered after it had succeeded. It did succeed, and no one knows."""
    async with naive_twin(tmp_path, stock(viol=10)) as twin:
        await twin.begin(order("lost-1", {"viol": 1}, **LOST_ANSWER))
        await twin.ended("lost-1")
        assert (await twin.order("lost-1"))["status"] == "CANCELLED"
        assert "is CANCELLED, but 10.00 EUR is not given back" in [one.what for one in await twin.broken()]


async def test_ours_looks_the_charge_up_by_its_key(tmp_path: Path) -> None:
    async with right_twin(tmp_path, stock(viola=10)) as twin:
        await twin.begin(order("lost-1", {"viola": 1}, **LOST_ANSWER))
        await twin.ended("lost-1")
        assert (await twin.order("lost-1"))["status"] == "COMPLETED"
        assert await twin.broken() == []


async def test_naive_a_third_item_that_is_short_leaks_the_first_two(tmp_path: Path) -> None:
    """The step that failed had done two thirds of its work. Only steps that succeed are undone."""
    async with naive_twin(tmp_path, stock(lyre=10, lute=10, lur=0)) as twin:
        await twin.begin(order("short-1", {"lyre": 1, "lute": 2, "lur": 1}))
        await twin.ended("short-1")
        assert (await twin.shelf("lyre"), await twin.shelf("lute")) == ((9, 1, 0), (8, 2, 0))
        assert "is CANCELLED, but has 3 pieces" in [one.what for one in await twin.broken()]


async def test_ours_reserves_all_or_nothing(tmp_path: Path) -> None:
    async with right_twin(tmp_path, stock(shawm=10, cornett=10, serpent=0)) as twin:
        await twin.begin(order("short-1", {"shawm": 1, "cornett": 2, "serpent": 1}))
        await twin.ended("short-1")
        assert (await twin.shelf("shawm"), await twin.shelf("cornett")) == ((10, 0, 0), (10, 0, 0))
        assert await twin.broken() == []


async def test_naive_replacing_a_document_without_its_etag_loses_updates(tmp_path: Path) -> None:
    """Twenty orders read the stock, and each writes what it has made of it."""
    orders = [order(f"race-{n}", {"crumhorn": 1}) for n in range(20)]
    async with naive_twin(tmp_path, stock(crumhorn=100)) as twin:
        await twin.begin(*orders)
        await twin.ended(*(one.saga_id for one in orders))
        broken = [one for one in await twin.broken() if one.subject == "crumhorn"]
        assert broken
        assert await twin.shelf("crumhorn") != (80, 0, 20)


async def test_ours_counts_in_the_server(tmp_path: Path) -> None:
    orders = [order(f"race-{n}", {"rackett": 1}) for n in range(20)]
    async with right_twin(tmp_path, stock(rackett=100)) as twin:
        await twin.begin(*orders)
        await twin.ended(*(one.saga_id for one in orders))
        assert await twin.shelf("rackett") == (80, 0, 20)
        assert await twin.broken() == []


REFUND_FAILS = {"payment_method": "tok_refund_fails", "shipping_address": address("AQ")}


async def test_naive_one_failing_compensation_ends_the_loop(tmp_path: Path) -> None:
    """The refund is refused, the orchestration fails, and the stock is never released."""
    async with naive_twin(tmp_path, stock(dulcian=10)) as twin:
        await twin.begin(order("loop-1", {"dulcian": 3}, **REFUND_FAILS))
        (state,) = await twin.ended("loop-1")
        assert state.runtime_status.name == "FAILED"
        assert await twin.shelf("dulcian") == (7, 3, 0)
        assert (await twin.order("loop-1"))["status"] == "PENDING"


async def test_ours_undoes_the_rest_and_asks_for_a_person(tmp_path: Path) -> None:
    async with right_twin(tmp_path, stock(sackbut=10)) as twin:
        await twin.begin(order("loop-1", {"sackbut": 3}, **REFUND_FAILS))
        await twin.until_status("loop-1", "NEEDS_ATTENTION")
        assert await twin.shelf("sackbut") == (10, 0, 0)
        await twin.have_a_word("loop-1")
        await twin.ended("loop-1")
        assert (await twin.order("loop-1"))["status"] == "CANCELLED"
        assert await twin.broken() == []
